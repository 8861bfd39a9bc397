//! `PUT` and `PATCH /customers/{id}`: change the fields that the body names and no others.

use api::{Caller, Problem, Response};
use customer::{CustomerPatch, Timestamp};
use lambda_http::Request;
use store::CustomerStore;

/// Updates the customer if its version matches `If-Match`, and answers 200 with it.
///
/// # Errors
/// 400, 403, 404, 409 if the username is taken or the customer is deleted, 410, 412, 413, 415.
pub async fn handler(store: CustomerStore, caller: Caller, request: Request) -> Result<Response, Problem> {
    let id = api::customer_id(&request)?;
    caller.must_update(id)?;
    let precondition = api::if_match(&request)?;
    let patch = api::body(&request, CustomerPatch::from_json)?;
    caller.must_be_allowed(&patch)?;

    let record = store
        .update(id, patch, &precondition, &caller.author(), Timestamp::now())
        .await?;

    api::customer(&record, &caller)
}
