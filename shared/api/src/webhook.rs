//! The representation of a customer's webhook.

use customer::{MASK, SigningSecret};
use lambda_http::http::StatusCode;
use serde::Serialize;
use store::Endpoint;

use crate::caller::Caller;
use crate::problem::Problem;
use crate::representation::json;
use crate::response::Response;

/// 200 with the webhook.
///
/// # Errors
/// [`Problem::Internal`] if it cannot be written.
pub fn webhook(endpoint: &Endpoint, caller: &Caller) -> Result<Response, Problem> {
    let webhook = &endpoint.webhook;
    let (state, reason) = match endpoint.disabled() {
        _ if !endpoint.record.customer.has_webhook() => ("unset", ""),
        Some(disabled) => ("disabled", &*disabled.reason),
        None => ("enabled", ""),
    };
    json(&Written {
        state,
        reason,
        last_success: webhook.last_success.map(|at| at.to_string()),
        last_failure: webhook.last_failure.as_ref().map(|failure| Failed {
            timestamp: failure.at.to_string(),
            reason: &failure.reason,
        }),
        secret: webhook
            .secret
            .as_ref()
            .map(|secret| shown(secret, caller))
            .unwrap_or_default(),
        previous_secret_until: webhook.previous.as_ref().map(|(_, until)| until.to_string()),
    })
}

/// 202 with the id of an event that is on its way to the endpoint.
///
/// # Errors
/// [`Problem::Internal`] if it cannot be written.
pub fn accepted(event_id: &str) -> Result<Response, Problem> {
    let mut response = json(&Accepted { id: event_id })?;
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

fn shown(secret: &SigningSecret, caller: &Caller) -> String {
    match caller.sees_secrets() {
        true => secret.expose(),
        false => MASK.to_owned(),
    }
}

#[derive(Serialize)]
struct Written<'a> {
    state: &'static str,
    reason: &'a str,
    last_success: Option<String>,
    last_failure: Option<Failed<'a>>,
    secret: String,
    previous_secret_until: Option<String>,
}

#[derive(Serialize)]
struct Failed<'a> {
    timestamp: String,
    reason: &'a str,
}

#[derive(Serialize)]
struct Accepted<'a> {
    id: &'a str,
}
