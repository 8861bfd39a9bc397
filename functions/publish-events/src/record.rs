use customer::Timestamp;
use event::{Event, EventType};
use futures_util::stream::{self, StreamExt};
use store::{DeliveryState, History, Row, StoreError};

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// How many rows are written at once. Each has a connection of its own, which costs a TLS handshake.
const AT_ONCE: usize = 25;

/// Writes the events to the history, where each is kept for some days. An erasure removes the customer's history instead: the
/// events that were under way when it was erased were added after that.
///
/// # Errors
/// The number of events that are done, and why the next one is not.
pub(crate) async fn record(
    history: &History,
    days: u32,
    events: &[Event],
) -> Result<(), (usize, StoreError)> {
    let expires_at = Timestamp::now().seconds() + i64::from(days) * SECONDS_PER_DAY;
    let rows: Vec<_> = events
        .iter()
        .map(|event| add(history, event, expires_at))
        .collect();
    let added: Vec<_> = stream::iter(rows).buffered(AT_ONCE).collect().await;
    for (place, (event, added)) in events.iter().zip(added).enumerate() {
        added.map_err(|error| (place, error))?;
        if event.event_type == EventType::Erased {
            let forgotten = history.forget(event.customer_id).await;
            forgotten.map_err(|error| (place, error))?;
        }
    }
    Ok(())
}

async fn add(history: &History, event: &Event, expires_at: i64) -> Result<(), StoreError> {
    if event.event_type == EventType::Erased {
        return Ok(());
    }
    let row = Row {
        customer_id: event.customer_id,
        version: event.version,
        event: event
            .to_json()
            .map_err(|error| StoreError::Internal(error.into()))?,
        by: event.by.clone(),
        delivery: match event.has_webhook() {
            true => DeliveryState::Pending,
            false => DeliveryState::Skipped,
        },
        attempts: Vec::new(),
        skipped_at: None,
        expires_at,
    };
    history.add(&row).await
}
