//! Called with the table's stream: publishes each change on the event bus, and queues it for the customer's webhook.
//!
//! | module | holds |
//! |---|---|
//! | `stream` | the batch that Lambda reads from the stream |
//! | `bus` | the event bus |

mod bus;
mod stream;

use event::{Deliveries, Delivery, Event};
use start::Batch;

pub use crate::bus::{BusError, EventBus};
pub use crate::stream::{Record, Records};

/// Publishes the records in their order. If one fails, Lambda sends it and all later ones again. An event that is published
/// twice has the same id.
///
/// A record that cannot be read is logged, counted and skipped: it would block all later ones.
pub async fn handler(bus: EventBus, deliveries: Deliveries, records: Records) -> Batch {
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

    let told = match bus.put(&events).await {
        Ok(()) => events.len(),
        Err((told, error)) => {
            tracing::error!(%error, "an event did not reach the bus");
            told
        }
    };
    let told = send(&deliveries, events.get(..told).unwrap_or_default()).await;
    if let Some(sequence_number) = sequence_numbers.get(told) {
        batch.fail(sequence_number);
        batch.count_server_error();
    }
    batch.count("events_published", told);
    batch
}

/// Puts the events of customers with a webhook into the queue. Answers how many of all events are done.
async fn send(deliveries: &Deliveries, events: &[Event]) -> usize {
    let mut places = Vec::new();
    let mut messages = Vec::new();
    for (place, event) in events.iter().enumerate() {
        if !event.record.customer.has_webhook() {
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
