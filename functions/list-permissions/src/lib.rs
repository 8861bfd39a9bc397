//! `GET /permissions`: lists the permissions there are.

use api::{Caller, Problem, Response};
use lambda_http::Request;

/// Answers 200 with the catalogue, which is part of the program.
///
/// # Errors
/// 403.
pub async fn handler(caller: Caller, _request: Request) -> Result<Response, Problem> {
    caller.must_be_known()?;
    api::permissions(customer::catalogue())
}
