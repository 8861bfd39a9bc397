//! `GET /customers/{id}`: shows a customer, deleted or not.

use api::{Caller, Problem, Response};
use lambda_http::Request;
use store::CustomerStore;

/// Answers 200 with the customer, or 304 if `If-None-Match` names its current version.
///
/// # Errors
/// 400, 403, 404, 410.
pub async fn handler(store: CustomerStore, caller: Caller, request: Request) -> Result<Response, Problem> {
    let id = api::customer_id(&request)?;
    caller.must_read(id)?;

    let record = store.get(id).await?;

    if api::is_unmodified(&request, &record, &caller)? {
        return Ok(api::not_modified(&record, &caller));
    }
    api::customer(&record, &caller)
}
