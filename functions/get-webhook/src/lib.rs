//! `GET /customers/{id}/webhook`: shows the state of a customer's webhook.

use api::{Caller, Problem, Response};
use lambda_http::Request;
use store::CustomerStore;

/// Answers 200 with the webhook. The first call by someone who may see the secret makes it.
///
/// # Errors
/// 400, 403, 404, 410.
pub async fn handler(store: CustomerStore, caller: Caller, request: Request) -> Result<Response, Problem> {
    let id = api::customer_id(&request)?;
    caller.must_read(id)?;

    let mut endpoint = store.endpoint(id).await?;
    if caller.sees_secrets() && endpoint.webhook.secret.is_none() {
        endpoint.webhook = store.make_signing_secret(id).await?;
    }

    api::webhook(&endpoint, &caller)
}
