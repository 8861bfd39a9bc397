//! `POST /customers/{id}/webhook/rotate`: gives a customer's webhook a new secret.

use api::{Caller, Problem, Response};
use customer::Timestamp;
use lambda_http::Request;
use store::CustomerStore;

/// Answers 200 with the webhook and its new secret; the previous one signs too for a day.
///
/// # Errors
/// 400, 403, 404, 410.
pub async fn handler(store: CustomerStore, caller: Caller, request: Request) -> Result<Response, Problem> {
    let id = api::customer_id(&request)?;
    caller.must_update(id)?;

    let endpoint = store.endpoint(id).await?;
    let endpoint = store
        .rotate_signing_secret(endpoint, &caller.author(), Timestamp::now())
        .await?;

    api::webhook(&endpoint, &caller)
}
