use std::time::Duration;

use customer::Timestamp;
use event::Delivery;
use store::{Endpoint, Failure, StoreError};

use crate::Services;
use crate::messages::Message;
use crate::request::request;
use crate::sender::Refusal;

/// The outcome of an attempt.
pub(crate) enum Outcome {
    /// The endpoint accepted the event.
    Delivered,
    /// Nothing was sent: there is no address or no method, the endpoint is disabled, or the customer does not exist.
    Skipped,
    /// The attempt failed.
    Failed {
        /// How long until the next attempt, if there is one.
        next: Option<Duration>,
    },
    /// The attempt failed, and disabled the endpoint.
    Disabled,
}

/// Attempts a delivery, to the address that the customer has now.
///
/// # Errors
/// A failure of the system: the delivery was not attempted, or its outcome could not be recorded.
pub(crate) async fn attempt(services: &Services, message: &Message) -> Result<Outcome, StoreError> {
    // Only this system writes to the queue, so it wrote nothing that it cannot read.
    let Ok(delivery) = serde_json::from_str::<Delivery>(&message.body) else {
        tracing::error!(
            message_id = message.message_id,
            "a message of the queue is not a delivery"
        );
        return Ok(Outcome::Skipped);
    };
    let store = &services.store;
    let id = delivery.customer_id;
    let mut endpoint = match store.endpoint(id).await {
        Err(StoreError::NotFound) => return Ok(Outcome::Skipped),
        endpoint => endpoint?,
    };
    if is_switched_off(&endpoint, &delivery) {
        return Ok(Outcome::Skipped);
    }
    if endpoint.webhook.secret.is_none() {
        endpoint.webhook = store.make_signing_secret(id).await?;
    }

    let now = Timestamp::now();
    let request = request(&delivery, &endpoint, now);
    let refusal = match services.sender.send(request).await {
        Ok(()) => {
            store.note_delivery(id, Timestamp::now()).await?;
            return Ok(Outcome::Delivered);
        }
        Err(refusal) => refusal,
    };

    let failure = Failure {
        at: Timestamp::now(),
        reason: refusal.to_string(),
    };
    let is_gone = matches!(refusal, Refusal::Status(410, _));
    if store.note_failure(&endpoint, &failure, is_gone).await? {
        tracing::warn!(customer_id = %id, "an endpoint is disabled");
        return Ok(Outcome::Disabled);
    }
    let next = match delivery.is_test || is_gone {
        true => None,
        false => Some(services.schedule.wait(message.attempt(), refusal.retry_after())),
    };
    Ok(Outcome::Failed { next })
}

/// Whether nothing is sent to the endpoint. A test is sent to a disabled endpoint too, because its success enables it.
fn is_switched_off(endpoint: &Endpoint, delivery: &Delivery) -> bool {
    let has_webhook = endpoint.record.customer.has_webhook();
    !has_webhook || endpoint.disabled().is_some() && !delivery.is_test
}
