//! `POST /customers/{id}/events/{event}/redeliver`: sends an event to the customer's webhook again.

use api::{Caller, Problem, Response};
use customer::Timestamp;
use event::{Deliveries, Delivery};
use lambda_http::Request;
use store::{Cause, CustomerStore, History};

/// Answers 202 with the event's id, under which it arrives again. The customer's events show the outcome.
///
/// # Errors
/// 400, 403, 404, 409 where nothing would be sent: the endpoint is disabled, or the customer has no `webhook_uri` or no
/// `webhook_method`; 410.
pub async fn handler(
    store: CustomerStore,
    history: History,
    deliveries: Deliveries,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let id = api::customer_id(&request)?;
    caller.must_update(id)?;

    let endpoint = store.endpoint(id).await?;
    let version = api::event_version(&request, id)?;
    let row = history.find(id, version, Timestamp::now()).await?;
    let row = row.ok_or(Problem::EventNotFound)?;
    let delivery = Delivery::again(&row)?;
    if !endpoint.record.customer.has_webhook() {
        return Err(Problem::NoWebhookUri);
    }
    if endpoint.disabled().is_some() {
        return Err(Problem::WebhookDisabled);
    }
    let event_id = delivery.id.clone();
    deliveries.send_one(delivery).await?;
    if let Err(error) = history.note_pending(&row).await {
        let cause = Cause::of(&error);
        tracing::warn!(event_id, %cause, "an event is sent again, but its state was not noted");
    }

    api::accepted(&event_id)
}
