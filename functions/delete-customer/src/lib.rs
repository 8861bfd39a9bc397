//! `DELETE /customers/{id}`: soft-deletes a customer.

use api::{Caller, Problem, Response};
use customer::Timestamp;
use lambda_http::Request;
use store::CustomerStore;

/// Deletes the customer if its version matches `If-Match`, and answers 200 with it. Deleting it again changes nothing.
///
/// # Errors
/// 400, 403, 404, 410, 412.
pub async fn handler(store: CustomerStore, caller: Caller, request: Request) -> Result<Response, Problem> {
    caller.must_be_operator()?;
    let id = api::customer_id(&request)?;
    let precondition = api::if_match(&request)?;

    let now = Timestamp::now();
    let record = store.delete(id, &precondition, &caller.author(), now).await?;

    api::deleted(&record, now, &caller)
}
