//! `POST /customers/{id}/webhook/test`: sends a test event to a customer's webhook.

use api::{Caller, Problem, Response};
use customer::Timestamp;
use event::{Deliveries, Delivery, Event};
use lambda_http::Request;
use store::CustomerStore;

/// Answers 202 with the event's id, which arrives as `webhook-id`. The webhook's page shows the outcome.
///
/// # Errors
/// 400, 403, 404, 409 where the customer has no `webhook_uri` or no `webhook_method`, 410.
pub async fn handler(
    store: CustomerStore,
    deliveries: Deliveries,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let id = api::customer_id(&request)?;
    caller.must_update(id)?;

    let record = store.get(id).await?;
    if !record.customer.has_webhook() {
        return Err(Problem::NoWebhookUri);
    }
    let event = Event::test(record, Timestamp::now());
    deliveries.send_one(Delivery::of(&event)?).await?;

    api::accepted(&event.id)
}
