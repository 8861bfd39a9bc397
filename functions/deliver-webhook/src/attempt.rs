use std::time::{Duration, Instant};

use customer::Timestamp;
use event::Delivery;
use store::{Attempt, Endpoint, Failure, StoreError};

use crate::Services;
use crate::messages::Message;
use crate::refusal::Refusal;
use crate::request::request;

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
    /// The message is not a delivery. The release before this one, or the next, may be able to read it.
    Unreadable,
}

/// Attempts a delivery, to the address that the customer has now.
///
/// # Errors
/// A failure of the system: the delivery was not attempted, or its outcome could not be recorded.
pub(crate) async fn attempt(services: &Services, message: &Message) -> Result<Outcome, StoreError> {
    let Ok(delivery) = serde_json::from_str::<Delivery>(&message.body) else {
        return Ok(Outcome::Unreadable);
    };
    match deliver(services, &delivery, message.attempt()).await {
        // Nothing is sent for a customer that was erased. If that happened during the attempt, the event may have been sent,
        // but nothing is noted.
        Err(StoreError::NotFound | StoreError::Erased(_)) => Ok(Outcome::Skipped),
        outcome => outcome,
    }
}

async fn deliver(services: &Services, delivery: &Delivery, number: usize) -> Result<Outcome, StoreError> {
    let store = &services.store;
    let id = delivery.customer_id;
    let at = Timestamp::now();
    let mut endpoint = store.endpoint(id).await?;
    if is_switched_off(&endpoint, delivery) {
        if let Some(version) = delivery.version() {
            services.history.note_skipped(id, version, at).await?;
        }
        return Ok(Outcome::Skipped);
    }
    if endpoint.webhook.secret.is_none() {
        endpoint.webhook = store.make_signing_secret(id).await?;
    }

    let started = Instant::now();
    let answer = services.sender.send(request(delivery, &endpoint, at)).await;
    let attempt = Attempt {
        at,
        status: None,
        error: None,
        took: started.elapsed(),
        next_at: None,
    };
    match answer {
        Ok(status) => {
            let attempt = Attempt {
                status: Some(status),
                ..attempt
            };
            let noted = note(services, delivery, attempt);
            tokio::try_join!(store.note_delivery(&endpoint, Timestamp::now()), noted)?;
            Ok(Outcome::Delivered)
        }
        Err(refusal) => failed(services, delivery, number, &endpoint, attempt, refusal).await,
    }
}

/// Notes an attempt that failed, and decides whether there is another one.
async fn failed(
    services: &Services,
    delivery: &Delivery,
    number: usize,
    endpoint: &Endpoint,
    attempt: Attempt,
    refusal: Refusal,
) -> Result<Outcome, StoreError> {
    let failure = Failure {
        at: attempt.at,
        reason: refusal.to_string(),
    };
    let is_gone = refusal.status() == Some(410);
    let is_disabled = services.store.note_failure(endpoint, &failure, is_gone).await?;
    let next = match delivery.is_test || is_disabled {
        true => None,
        false => Some(services.schedule.wait(number, refusal.retry_after())),
    };
    let attempt = Attempt {
        status: refusal.status(),
        error: Some(failure.reason),
        next_at: next.and_then(|wait| later(Timestamp::now(), wait)),
        ..attempt
    };
    note(services, delivery, attempt).await?;
    if is_disabled {
        tracing::warn!(customer_id = %delivery.customer_id, "an endpoint is disabled");
        return Ok(Outcome::Disabled);
    }
    Ok(Outcome::Failed { next })
}

/// Notes an attempt in the history, which has no tests.
async fn note(services: &Services, delivery: &Delivery, attempt: Attempt) -> Result<(), StoreError> {
    let Some(version) = delivery.version() else {
        return Ok(());
    };
    let history = &services.history;
    history
        .note_attempt(delivery.customer_id, version, &attempt)
        .await
}

/// When the next attempt is due; none after the last one, which no wait follows.
fn later(time: Timestamp, wait: Duration) -> Option<Timestamp> {
    let micros = i64::try_from(wait.as_micros())
        .ok()
        .filter(|micros| *micros > 0)?;
    Timestamp::from_micros(time.micros().saturating_add(micros))
}

/// Whether nothing is sent to the endpoint. A test is sent to a disabled endpoint too, because its success enables it.
fn is_switched_off(endpoint: &Endpoint, delivery: &Delivery) -> bool {
    let has_webhook = endpoint.record.customer.has_webhook();
    !has_webhook || endpoint.disabled().is_some() && !delivery.is_test
}
