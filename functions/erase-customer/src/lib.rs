//! `POST /customers/{id}/erase`: removes everything that is stored about a deleted customer.

use api::{Caller, Problem, Response};
use customer::Timestamp;
use lambda_http::Request;
use store::{CustomerStore, History};

/// Erases the customer if its version matches `If-Match`, and answers 200 with what remains: that it was erased, when and by
/// whom. Erasing it again finishes what was interrupted.
///
/// # Errors
/// 400, 403, 404, 409 if the customer is not deleted, 412, 428 without `If-Match`.
pub async fn handler(
    store: CustomerStore,
    history: History,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    caller.must_be_operator()?;
    let id = api::customer_id(&request)?;
    let precondition = api::required_if_match(&request)?;

    let now = Timestamp::now();
    let tombstone = store.erase(id, &precondition, &caller.author(), now).await?;
    history.forget(id).await?;

    api::erased(&tombstone, now, &caller)
}
