//! Called with the table's stream: writes each change to the history, publishes it on the event bus, and queues it for the
//! customer's webhook.
//!
//! | module | holds |
//! |---|---|
//! | `stream` | the batch that Lambda reads from the stream |
//! | `record` | the history |
//! | `bus` | the event bus |

mod bus;
mod record;
mod stream;

use std::error::Error;

use event::{Deliveries, Delivery, Event};
use start::Batch;
use store::History;

pub use crate::bus::{BusError, EventBus};
pub use crate::stream::{Record, Records};

use crate::record::record;

/// Where events go.
#[derive(Clone)]
pub struct Services {
    /// The history, which gets an event before anybody is told.
    pub history: History,
    /// For how many days it is kept there.
    pub history_days: u32,
    /// The event bus.
    pub bus: EventBus,
    /// The queue of deliveries to webhooks.
    pub deliveries: Deliveries,
}

/// Publishes the records in their order. If one fails, Lambda sends it and all later ones again. An event that is published
/// twice has the same id.
///
/// A record that cannot be read is logged, counted and skipped: it would block all later ones.
pub async fn handler(services: Services, records: Records) -> Batch {
    let mut batch = Batch::default();
    let mut sequence_numbers = Vec::new();
    let mut events = Vec::new();
    for record in records.records.into_iter().filter(Record::is_of_a_customer) {
        let sequence_number = record.sequence_number().to_owned();
        match record.into_event() {
            Ok(Some(event)) => {
                sequence_numbers.push(sequence_number);
                events.push(event);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(sequence_number, %error, "a record of the stream cannot be read");
                batch.count("events_unreadable", 1);
            }
        }
    }

    let told = tell(&services, &events).await;
    if let Some(sequence_number) = sequence_numbers.get(told) {
        batch.fail(sequence_number);
        batch.count_server_error();
    }
    batch.count("events_published", told);
    batch
}

/// Writes the events to the history, puts them on the bus and into the queue. Answers how many are done.
async fn tell(services: &Services, events: &[Event]) -> usize {
    let Services {
        history,
        history_days,
        bus,
        deliveries,
    } = services;
    let done = |done: usize| events.get(..done).unwrap_or_default();
    let recorded = match record(history, *history_days, events).await {
        Ok(()) => events.len(),
        Err((recorded, error)) => {
            let cause = error.source().map(ToString::to_string);
            tracing::error!(%error, cause, "an event did not reach the history");
            recorded
        }
    };
    let told = match bus.put(done(recorded)).await {
        Ok(()) => recorded,
        Err((told, error)) => {
            tracing::error!(%error, "an event did not reach the bus");
            told
        }
    };
    send(deliveries, done(told)).await
}

/// Puts the events of customers with a webhook into the queue. Answers how many of all events are done.
async fn send(deliveries: &Deliveries, events: &[Event]) -> usize {
    let mut places = Vec::new();
    let mut messages = Vec::new();
    for (place, event) in events.iter().enumerate() {
        if !event.has_webhook() {
            continue;
        }
        // Serialising an event cannot fail.
        if let Ok(message) = Delivery::of(event) {
            places.push(place);
            messages.push(message);
        }
    }
    match deliveries.send(&messages).await {
        Ok(()) => events.len(),
        Err((sent, error)) => {
            tracing::error!(%error, "an event did not reach the queue");
            places.get(sent).copied().unwrap_or_default()
        }
    }
}
