//! `POST /customers`: registers a customer.

use api::{Caller, Problem, Response};
use customer::{NewCustomer, Timestamp};
use lambda_http::{Request, RequestExt};
use store::{CustomerStore, Idempotency};

/// Creates the customer that the body describes, once per `Idempotency-Key`, and answers 201 with it.
///
/// # Errors
/// 400, 403, 409 if the username is taken, 413, 415, 422 if the key was used with another body.
pub async fn handler(store: CustomerStore, caller: Caller, request: Request) -> Result<Response, Problem> {
    caller.must_be_operator()?;
    let key = api::idempotency_key(&request)?;
    let new = api::body(&request, NewCustomer::from_json)?;

    let now = Timestamp::now();
    let idempotency = key.map(|key| Idempotency::new(caller.subject(), &key, &new, now));
    let created = store.create(new, idempotency, &caller.author(), now).await?;

    api::created(&created, request.raw_http_path(), &caller)
}
