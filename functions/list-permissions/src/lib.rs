//! `GET /permissions`: lists the permission catalogue.

use api::{Caller, Problem, Response};
use lambda_http::Request;

/// Answers 200 with the catalogue, which is compiled into the program.
///
/// # Errors
/// 403.
pub async fn handler(caller: Caller, _request: Request) -> Result<Response, Problem> {
    caller.must_be_known()?;
    api::permissions(customer::catalogue())
}
