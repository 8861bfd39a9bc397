//! `POST /customers/{id}/restore`: restores a deleted customer.

use api::{Caller, Problem, Response};
use lambda_http::Request;
use store::CustomerStore;

/// Restores the customer if its version matches `If-Match`, and answers 200 with it.
///
/// # Errors
/// 400, 403, 404, 409 if the customer is not deleted, 410, 412.
pub async fn handler(store: CustomerStore, caller: Caller, request: Request) -> Result<Response, Problem> {
    caller.must_be_operator()?;
    let id = api::customer_id(&request)?;
    let precondition = api::if_match(&request)?;

    let record = store.restore(id, &precondition, &caller.author()).await?;

    api::restored(&record, &caller)
}
