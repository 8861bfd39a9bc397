//! `DELETE /customers/{id}`: deletes a customer, softly.

use api::{Caller, Problem, Response};
use customer::Timestamp;
use lambda_http::Request;
use store::CustomerStore;

/// Deletes the customer if it has a version that `If-Match` names, and answers 200 with it; once more changes
/// nothing.
///
/// # Errors
/// 400, 403, 404, 412.
pub async fn handler(store: CustomerStore, caller: Caller, request: Request) -> Result<Response, Problem> {
    caller.must_be_operator()?;
    let id = api::customer_id(&request)?;
    let precondition = api::if_match(&request)?;

    let now = Timestamp::now();
    let record = store.delete(id, &precondition, now).await?;

    api::deleted(&record, now, &caller)
}
