//! Called with the deliveries queue: sends each event to its customer's `webhook_uri`.
//!
//! A delivery that failed stays in the queue, hidden until its next attempt. So no other state is needed, and a function
//! that is killed loses nothing.
//!
//! | module | holds |
//! |---|---|
//! | `messages` | the batch that Lambda reads from the queue |
//! | `attempt` | one attempt: whether it is made, and what is recorded of it |
//! | `request` | the signed request |
//! | `sender` | one exchange with an endpoint, within its limits |
//! | `refusal` | why an attempt failed |
//! | `address` | which addresses an endpoint may have |
//! | `schedule` | when it is tried again |

mod address;
mod attempt;
mod messages;
mod refusal;
mod request;
mod schedule;
mod sender;

use event::Deliveries;
use futures_util::future::join_all;
use start::Batch;
use store::{Cause, CustomerStore, History, StoreError};

pub use crate::messages::{Message, Messages};
pub use crate::schedule::Schedule;
pub use crate::sender::Sender;

use crate::attempt::{Outcome, attempt};

/// What deliveries need.
#[derive(Clone)]
pub struct Services {
    /// The customers, and the state of their webhooks.
    pub store: CustomerStore,
    /// The history, in which each attempt is noted.
    pub history: History,
    /// The queue, to hide a delivery until its next attempt.
    pub deliveries: Deliveries,
    /// The client for customers' endpoints.
    pub sender: Sender,
    /// When a failed delivery is attempted again.
    pub schedule: Schedule,
}

/// Attempts all deliveries of a batch at the same time, so that a slow endpoint does not delay the others.
pub async fn handler(services: Services, messages: Messages) -> Batch {
    let attempts = messages.records.iter().map(|message| process(&services, message));
    let mut batch = Batch::default();
    for (message, outcome) in messages.records.iter().zip(join_all(attempts).await) {
        let (metric, is_done) = match outcome {
            Ok(Outcome::Delivered) => ("webhooks_delivered", true),
            Ok(Outcome::Skipped) => ("webhooks_skipped", true),
            Ok(Outcome::Disabled) => ("webhooks_disabled", true),
            Ok(Outcome::Failed { next }) => ("webhooks_failed", next.is_none()),
            Ok(Outcome::Unreadable) | Err(_) => ("webhooks_not_attempted", false),
        };
        batch.count(metric, 1);
        if matches!(outcome, Ok(Outcome::Unreadable) | Err(_)) {
            batch.count_server_error();
        }
        if matches!(outcome, Err(StoreError::Damaged(_))) {
            batch.count("customers_damaged", 1);
        }
        if !is_done {
            batch.fail(&message.message_id);
        }
    }
    batch
}

/// Attempts one delivery, hides its message until the next attempt, and logs what failed for a reason of our own.
async fn process(services: &Services, message: &Message) -> Result<Outcome, StoreError> {
    let message_id = &*message.message_id;
    let outcome = attempt(services, message).await;
    match &outcome {
        Ok(Outcome::Failed { next: Some(wait) }) => {
            if let Err(error) = services.deliveries.hide(&message.receipt_handle, *wait).await {
                // The message comes back after the queue's visibility timeout instead.
                tracing::error!(message_id, %error, "a delivery could not be hidden until its next attempt");
            }
        }
        Ok(Outcome::Unreadable) => {
            tracing::error!(message_id, "a message of the queue is not a delivery");
        }
        Ok(_) => {}
        Err(error) => {
            let cause = Cause::of(error);
            tracing::error!(message_id, %cause, "a delivery could not be attempted or recorded");
        }
    }
    outcome
}
