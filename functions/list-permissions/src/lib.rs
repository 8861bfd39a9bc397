//! `GET /permissions`: lists the permissions there are.

use lambda_http::Request;
use shared::api::{self, Problem, Response};
use shared::caller::Caller;
use shared::permission;

/// Answers 200 with the catalogue, which is part of the program.
///
/// # Errors
/// 403.
pub async fn handler(caller: Caller, _request: Request) -> Result<Response, Problem> {
    caller.must_be_known()?;
    api::permissions(permission::catalogue())
}
