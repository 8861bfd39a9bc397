//! Every error the API answers with, and the one place that maps it to a status and a body (RFC 9457).
//!
//! Errors of the caller are explained in full. Errors of the system are explained only in the log: a 5xx tells the
//! caller its request id and whether to retry, and nothing else.

use std::time::Duration;

use customer::{FaultAt, Timestamp};
use event::QueueError;
use lambda_http::Body;
use lambda_http::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use lambda_http::http::{HeaderValue, StatusCode};
use serde::Serialize;
use store::{Cause, Damage, StoreError};

use crate::response::Response;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The request has faults: in its body, path, query or header fields.
    #[error("the request has faults; nothing was changed")]
    Invalid(Vec<FaultAt>),
    /// The request has no verified caller.
    #[error("the request carries no valid credentials")]
    Unauthenticated,
    /// The caller is known but may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// There is no such customer, or none that this caller may know of.
    #[error("there is no customer with this id")]
    NotFound,
    /// The customer has no such event, or it is no longer kept.
    #[error("the customer has no event with this id; events are kept for a limited time")]
    EventNotFound,
    /// The customer was erased, and nothing is left of it.
    #[error("the customer was erased at {0}")]
    CustomerErased(Timestamp),
    /// The API has no such path.
    #[error("there is nothing at this path")]
    UnknownRoute,
    /// The path exists, but does not have this method. `Allow` lists the methods that it has.
    #[error("this path has no such method; it has {0}")]
    MethodNotAllowed(&'static str),
    /// Another customer has the username.
    #[error(
        "another customer, possibly a deleted one, has this username; it is compared without regard to case"
    )]
    UsernameTaken,
    /// A deleted customer cannot be updated.
    #[error("the customer is deleted; restore it first")]
    CustomerDeleted,
    /// A customer that is not deleted cannot be restored or erased.
    #[error("the customer is not deleted")]
    CustomerNotDeleted,
    /// There is no address to send a webhook to.
    #[error("the customer has no webhook_uri or no webhook_method: set both first")]
    NoWebhookUri,
    /// Nothing but tests is sent to a disabled endpoint.
    #[error("the endpoint is disabled: write webhook_uri, or send a test that succeeds, to enable it")]
    WebhookDisabled,
    /// The operation takes an `If-Match` that names a version.
    #[error(
        "this takes If-Match with the customer's ETag: get the customer first, and make sure that it is the right one"
    )]
    PreconditionRequired,
    /// The customer's version does not match `If-Match`.
    #[error("the customer has changed since: read it again and repeat the request with its new ETag")]
    PreconditionFailed,
    /// The body is larger than the limit.
    #[error("a body has at most 262144 bytes")]
    BodyTooLarge,
    /// The content type is not JSON.
    #[error("send JSON, and say so: Content-Type: application/json")]
    UnsupportedMediaType,
    /// The idempotency key was used for a request with another body.
    #[error("this Idempotency-Key was used with another body; take a new key for a new request")]
    IdempotencyKeyReused,
    /// The database throttles requests.
    #[error("too many requests; try again")]
    Throttled(#[source] Cause),
    /// The database is unavailable.
    #[error("the service is temporarily unavailable; try again")]
    Unavailable(#[source] Cause),
    /// The function's time ran out. A write may still have taken effect.
    #[error(
        "the request ran out of time; if it writes, read the customer first: the write may have taken effect"
    )]
    OutOfTime(#[source] TimeLimit),
    /// The database's answer to a write was lost, and it is no longer possible to tell whether the write took effect.
    #[error(
        "the write may have taken effect: read the customer before you try again; nothing more was written"
    )]
    OutcomeUnknown(#[source] Cause),
    /// The stored customer cannot be read.
    #[error("the service failed; the request id finds the reason in its log")]
    Damaged(#[source] Damage),
    /// The system is at fault.
    #[error("the service failed; the request id finds the reason in its log")]
    Internal(#[source] Cause),
}

/// The time limit of a call, which its handler exceeded.
#[derive(Debug, thiserror::Error)]
#[error("the handler had {} ms and did not finish", .0.as_millis())]
pub struct TimeLimit(pub(crate) Duration);

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::Erased(at) => Self::CustomerErased(at),
            StoreError::Deleted => Self::CustomerDeleted,
            StoreError::NotDeleted => Self::CustomerNotDeleted,
            StoreError::UsernameTaken => Self::UsernameTaken,
            StoreError::PreconditionFailed => Self::PreconditionFailed,
            StoreError::IdempotencyKeyReused => Self::IdempotencyKeyReused,
            StoreError::Throttled(cause) => Self::Throttled(cause),
            StoreError::Unavailable(cause) => Self::Unavailable(cause),
            StoreError::OutcomeUnknown(cause) => Self::OutcomeUnknown(cause),
            StoreError::Damaged(damage) => Self::Damaged(damage),
            StoreError::Internal(cause) => Self::Internal(cause),
        }
    }
}

impl From<serde_json::Error> for Problem {
    /// A serialisation error, whose text quotes no value.
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<QueueError> for Problem {
    fn from(error: QueueError) -> Self {
        Self::Unavailable(Cause::new(error.to_string()))
    }
}

impl Problem {
    /// The status, the code for programs, and the title for people: the same for every occurrence.
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid", "Invalid request"),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", "No caller"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", "Not allowed"),
            Self::NotFound => (StatusCode::NOT_FOUND, "customer_not_found", "No such customer"),
            Self::EventNotFound => (StatusCode::NOT_FOUND, "event_not_found", "No such event"),
            Self::CustomerErased(_) => (StatusCode::GONE, "customer_erased", "Customer erased"),
            Self::UnknownRoute => (StatusCode::NOT_FOUND, "unknown_route", "No such path"),
            Self::MethodNotAllowed(_) => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "No such method",
            ),
            Self::UsernameTaken => (StatusCode::CONFLICT, "username_taken", "Username taken"),
            Self::CustomerDeleted => (StatusCode::CONFLICT, "customer_deleted", "Customer deleted"),
            Self::CustomerNotDeleted => (
                StatusCode::CONFLICT,
                "customer_not_deleted",
                "Customer not deleted",
            ),
            Self::NoWebhookUri => (StatusCode::CONFLICT, "no_webhook_uri", "No webhook_uri"),
            Self::WebhookDisabled => (StatusCode::CONFLICT, "webhook_disabled", "Endpoint disabled"),
            Self::PreconditionRequired => (
                StatusCode::PRECONDITION_REQUIRED,
                "precondition_required",
                "If-Match required",
            ),
            Self::PreconditionFailed => (
                StatusCode::PRECONDITION_FAILED,
                "precondition_failed",
                "Customer changed",
            ),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "Body too large"),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Not JSON",
            ),
            Self::IdempotencyKeyReused => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "Idempotency key reused",
            ),
            Self::Throttled(_) => (StatusCode::TOO_MANY_REQUESTS, "throttled", "Too many requests"),
            Self::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Temporarily unavailable",
            ),
            Self::OutOfTime(_) => (StatusCode::SERVICE_UNAVAILABLE, "out_of_time", "Out of time"),
            Self::OutcomeUnknown(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "outcome_unknown",
                "Outcome unknown",
            ),
            Self::Damaged(_) | Self::Internal(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error")
            }
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.kind().0
    }

    /// The `code` of the body, documented in `docs/api.md`.
    pub fn code(&self) -> &'static str {
        self.kind().1
    }

    fn faults(&self) -> &[FaultAt] {
        match self {
            Self::Invalid(faults) => faults,
            _ => &[],
        }
    }

    /// The answer to a request for `instance`, a path.
    pub(crate) fn into_response(self, instance: &str, request_id: &str) -> Response {
        let (status, code, title) = self.kind();
        let body = Details {
            r#type: format!("urn:problem-type:customers:{code}"),
            title,
            status: status.as_u16(),
            detail: self.to_string(),
            instance,
            code,
            request_id,
            errors: self
                .faults()
                .iter()
                .map(|fault| Error {
                    pointer: &fault.pointer,
                    code: fault.fault.code.as_str(),
                    detail: &fault.fault.detail,
                })
                .collect(),
        };
        let mut response = Response::new(Body::Text(serde_json::to_string(&body).unwrap_or_default()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self {
            Self::Unauthenticated => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::MethodNotAllowed(allow) => {
                headers.insert(ALLOW, HeaderValue::from_static(allow));
            }
            Self::Throttled(_) | Self::Unavailable(_) | Self::OutOfTime(_) | Self::OutcomeUnknown(_) => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

/// `application/problem+json`, with this service's own members after the standard ones.
#[derive(Serialize)]
struct Details<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: String,
    instance: &'a str,
    code: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Error<'a>>,
}

#[derive(Serialize)]
struct Error<'a> {
    pointer: &'a str,
    code: &'a str,
    detail: &'a str,
}
