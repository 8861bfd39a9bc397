use std::error::Error;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use event::Event;
use store::Cause;

/// The source of the events.
const SOURCE: &str = "customers";

/// EventBridge accepts this many events in one request.
const MAX_ENTRIES: usize = 10;

/// The most bytes of details in one request: EventBridge accepts 256 KiB, and the entries have other members.
const MAX_BYTES: usize = 240 * 1024;

/// The event bus for the platform's own services. Cloning shares the connection.
#[derive(Clone, Debug)]
pub struct EventBus {
    client: Client,
    name: String,
}

/// Why a request to the bus failed.
#[derive(Debug, thiserror::Error)]
#[error("EventBridge: {0}")]
pub struct BusError(Cause);

impl BusError {
    fn of(error: &(impl Error + 'static)) -> Self {
        Self(Cause::of(error))
    }
}

impl EventBus {
    /// The bus of this name, reached through `client`.
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Puts the events on the bus, in their order.
    ///
    /// # Errors
    /// The number of events that are on the bus, and why the next one is not.
    pub async fn put(&self, events: &[Event]) -> Result<(), (usize, BusError)> {
        let mut put = 0;
        while let Some(rest) = events.get(put..).filter(|rest| !rest.is_empty()) {
            match self.put_some(rest).await {
                Ok(count) => put += count,
                Err((count, error)) => return Err((put + count, error)),
            }
        }
        Ok(())
    }

    /// Puts as many as fit into one request, at least one. Answers how many.
    async fn put_some(&self, events: &[Event]) -> Result<usize, (usize, BusError)> {
        let mut entries = Vec::new();
        let mut length = 0;
        for event in events.iter().take(MAX_ENTRIES) {
            let detail = event.to_json().map_err(|error| (0, BusError::of(&error)))?;
            length += detail.len();
            if !entries.is_empty() && length > MAX_BYTES {
                break;
            }
            entries.push(
                PutEventsRequestEntry::builder()
                    .event_bus_name(&self.name)
                    .source(SOURCE)
                    .detail_type(event.event_type.as_str())
                    .detail(detail)
                    .build(),
            );
        }
        let count = entries.len();
        let output = self
            .client
            .put_events()
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|error| (0, BusError::of(&error)))?;
        // The answers are in the order of the events.
        let mut answers = output.entries().iter().enumerate();
        match answers.find_map(|(place, answer)| Some((place, answer.error_code()?))) {
            None => Ok(count),
            Some((place, code)) => Err((
                place,
                BusError(Cause::new(format!("it refused an event: {code}"))),
            )),
        }
    }
}
