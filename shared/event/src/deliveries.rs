use std::error::Error;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use customer::CustomerId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{Cause, Row};

use crate::event::{Event, EventType, escape_noncharacters};

/// SQS accepts this many messages in one request.
const MAX_ENTRIES: usize = 10;

/// The most bytes of bodies in one request: SQS accepts at least 256 KiB, and the entries have other members.
const MAX_BYTES: usize = 250 * 1024;

/// An event on its way to a customer's webhook: a message of the queue.
///
/// The event is a part of the message's JSON, not a string in it: escaping would make it larger than SQS accepts.
#[derive(Debug, Serialize, Deserialize)]
pub struct Delivery {
    /// The event's id.
    pub id: String,
    /// The customer whose webhook it goes to.
    pub customer_id: CustomerId,
    /// Whether the event is a test.
    pub is_test: bool,
    /// The event's JSON, to be sent as it is.
    pub event: Box<RawValue>,
}

impl Delivery {
    /// # Errors
    /// None in practice.
    pub fn of(event: &Event) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: event.id.clone(),
            customer_id: event.customer_id,
            is_test: event.event_type == EventType::Test,
            event: RawValue::from_string(event.to_json()?)?,
        })
    }

    /// The delivery of an event that was told before.
    ///
    /// # Errors
    /// If the row's event is not JSON.
    pub fn again(row: &Row) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: format!("{}.{}", row.customer_id, row.version),
            customer_id: row.customer_id,
            is_test: false,
            event: RawValue::from_string(escape_noncharacters(row.event.clone()))?,
        })
    }

    /// The version of the event, by which the history finds it; none for a test.
    pub fn version(&self) -> Option<u64> {
        self.id.split_once('.')?.1.parse().ok()
    }
}

/// The queue in which deliveries wait. Cloning shares the connection.
#[derive(Clone, Debug)]
pub struct Deliveries {
    client: Client,
    url: String,
}

/// Why a request to the queue failed.
#[derive(Debug, thiserror::Error)]
#[error("SQS: {0}")]
pub struct QueueError(Cause);

impl QueueError {
    fn of(error: &(impl Error + 'static)) -> Self {
        Self(Cause::of(error))
    }
}

impl Deliveries {
    /// The queue at `url`, reached through `client`.
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Puts deliveries into the queue, in their order.
    ///
    /// # Errors
    /// The number of deliveries that are in the queue, and why the next one is not.
    pub async fn send(&self, deliveries: &[Delivery]) -> Result<(), (usize, QueueError)> {
        let mut sent = 0;
        while let Some(rest) = deliveries.get(sent..).filter(|rest| !rest.is_empty()) {
            match self.send_some(rest).await {
                Ok(count) => sent += count,
                Err((count, error)) => return Err((sent + count, error)),
            }
        }
        Ok(())
    }

    /// Puts one delivery into the queue.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn send_one(&self, delivery: Delivery) -> Result<(), QueueError> {
        self.send(&[delivery]).await.map_err(|(_, error)| error)
    }

    /// Sends as many as fit into one request, at least one. Answers how many.
    async fn send_some(&self, deliveries: &[Delivery]) -> Result<usize, (usize, QueueError)> {
        let mut entries = Vec::new();
        let mut length = 0;
        for (n, delivery) in deliveries.iter().take(MAX_ENTRIES).enumerate() {
            let body = serde_json::to_string(delivery).map_err(|error| (0, QueueError::of(&error)))?;
            length += body.len();
            if n > 0 && length > MAX_BYTES {
                break;
            }
            let entry = SendMessageBatchRequestEntry::builder()
                .id(n.to_string())
                .message_body(body)
                // A fair queue: a customer whose endpoint is slow does not hold up the others.
                .message_group_id(delivery.customer_id.to_string())
                .build()
                .map_err(|error| (0, QueueError::of(&error)))?;
            entries.push(entry);
        }
        let count = entries.len();
        let output = self
            .client
            .send_message_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|error| (0, QueueError::of(&error)))?;
        let refused = |entry: &aws_sdk_sqs::types::BatchResultErrorEntry| {
            let place = entry.id().parse().unwrap_or_default();
            (
                place,
                QueueError(Cause::new(format!("it refused a message: {}", entry.code()))),
            )
        };
        match output
            .failed()
            .iter()
            .map(refused)
            .min_by_key(|(place, _)| *place)
        {
            None => Ok(count),
            Some(first) => Err(first),
        }
    }

    /// Hides a received message for this long, at most 12 hours.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn hide(&self, receipt_handle: &str, duration: Duration) -> Result<(), QueueError> {
        let seconds = i32::try_from(duration.as_secs()).unwrap_or(i32::MAX);
        self.client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt_handle)
            .visibility_timeout(seconds)
            .send()
            .await
            .map(drop)
            .map_err(|error| QueueError::of(&error))
    }
}

#[cfg(test)]
mod tests {
    use customer::{Customer, NewCustomer, Timestamp};
    use store::Record;

    use super::*;

    /// What SQS allows in a message: what XML 1.0 does.
    fn is_allowed(character: char) -> bool {
        matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
    }

    #[test]
    fn sqs_takes_an_event_whatever_its_text() {
        let now = Timestamp::parse("2026-01-02 03:04:05.000006").unwrap();
        let name = "\0\u{1f}\u{7f}\u{fffe}\u{ffff}\u{1ffff}\u{10ffff}";
        let new = serde_json::json!({"username": "anna", "name": name}).to_string();
        let customer = Customer::register(NewCustomer::from_json(new.as_bytes()).unwrap(), now);
        let event = Event::of_write(None, Record { customer, version: 1 }, None, now).unwrap();
        let body = serde_json::to_string(&Delivery::of(&event).unwrap()).unwrap();
        assert!(body.chars().all(is_allowed), "{body:?}");
        let read: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(read["event"]["data"]["name"], name);
    }

    #[test]
    fn the_largest_event_fits_a_message_whatever_its_text() {
        let now = Timestamp::parse("2026-01-02 03:04:05.000006").unwrap();
        for character in ["x", "\"", "\\", "\u{1}", "\u{e9}", "\u{ffff}"] {
            let detail = character.repeat(65_535 / character.len());
            let new = serde_json::json!({"username": "anna", "detail": detail}).to_string();
            let customer = Customer::register(NewCustomer::from_json(new.as_bytes()).unwrap(), now);
            let record = Record { customer, version: 1 };
            let event = Event::of_write(None, record, None, now).unwrap();
            let body = serde_json::to_string(&Delivery::of(&event).unwrap()).unwrap();
            assert!(body.len() < MAX_BYTES, "{character:?}: {}", body.len());
            let read: Delivery = serde_json::from_str(&body).unwrap();
            assert_eq!(read.event.get(), event.to_json().unwrap(), "it is sent as it is");
        }
    }
}
