//! Which error to use: the first variants, up to `IdempotencyKeyReused`, are the caller's mistakes and conflicts with
//! other writes. The others are failures of the system, and carry their cause for the log.

use std::error::Error;
use std::fmt;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;
use customer::Timestamp;

use crate::damage::Damage;

/// Why an operation failed. It changed nothing, with one exception: after a failure of the system, a write may have
/// taken effect although its answer was lost.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such customer.
    #[error("there is no such customer")]
    NotFound,
    /// The customer was erased at this time.
    #[error("the customer was erased")]
    Erased(Timestamp),
    /// The customer is deleted, and a deleted customer cannot be updated.
    #[error("the customer is deleted")]
    Deleted,
    /// The customer is not deleted, so it can be neither restored nor erased.
    #[error("the customer is not deleted")]
    NotDeleted,
    /// Another customer, live or deleted, has this username.
    #[error("the username is taken")]
    UsernameTaken,
    /// The customer has another version than the caller expects.
    #[error("the customer has another version")]
    PreconditionFailed,
    /// The idempotency key was already used for another request.
    #[error("the idempotency key was used with another body")]
    IdempotencyKeyReused,
    /// The answer to the write was lost, and the item no longer tells whether the write took effect. Nothing more was
    /// written.
    #[error("the write may have taken effect")]
    OutcomeUnknown(#[source] Cause),
    /// The stored customer cannot be read.
    #[error("the stored customer is damaged")]
    Damaged(#[source] Damage),
    /// The database throttles requests, even after retries.
    #[error("the database throttles requests")]
    Throttled(#[source] Cause),
    /// The database did not answer, failed, or was busy with the same items, even after retries.
    #[error("the database is unavailable")]
    Unavailable(#[source] Cause),
    /// The system is at fault: configuration, permissions, stored data or this program.
    #[error("the store failed")]
    Internal(#[source] Cause),
}

/// What went wrong, as text for the log. It contains no item and no value. The `Debug` of an SDK error shows items with
/// their secrets, so SDK errors are never kept.
#[derive(Debug)]
pub struct Cause(String);

impl Cause {
    /// A cause as text, in which there is no value of an item.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The `Display` of an error and of each of its sources, joined by colons, without a request that it quotes.
    pub fn of(error: &dyn Error) -> Self {
        let mut text = without_request(&error.to_string());
        let mut source = error.source();
        while let Some(error) = source {
            text = format!("{text}: {}", without_request(&error.to_string()));
            source = error.source();
        }
        Self(text)
    }
}

impl From<serde_json::Error> for Cause {
    /// A serialisation error, whose text quotes no value.
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Cause {}

impl<E> From<SdkError<E>> for StoreError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn from(error: SdkError<E>) -> Self {
        match &error {
            SdkError::ServiceError(context) => {
                let code = context.err().code().unwrap_or(UNREADABLE);
                let message = context.err().message().unwrap_or("no message");
                let request_id = context.err().meta().request_id().unwrap_or("none");
                let cause = Cause::new(format!("DynamoDB: {code}: {message} (request id {request_id})"));
                match code {
                    _ if is_throttling(code) => Self::Throttled(cause),
                    _ if is_transient(code) || context.raw().status().is_server_error() => {
                        Self::Unavailable(cause)
                    }
                    _ => Self::Internal(cause),
                }
            }
            SdkError::ConstructionFailure(_) => Self::Internal(Cause::of(&error)),
            _ => Self::Unavailable(Cause::of(&error)),
        }
    }
}

fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "ThrottlingException"
            | "Throttling"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
    )
}

/// Whether a request that failed with this error may still have taken effect: its answer was lost or cannot be read, or
/// the database reported a failure of its own.
pub(crate) fn may_have_taken_effect<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    match error {
        SdkError::ServiceError(context) => match context.err().code() {
            None => true,
            Some(code) => {
                !is_throttling(code) && !is_conflict(code) && context.raw().status().is_server_error()
            }
        },
        SdkError::ConstructionFailure(_) => false,
        _ => true,
    }
}

/// Takes the place of an error code in an answer that cannot be read.
const UNREADABLE: &str = "an answer that cannot be read";

fn is_transient(code: &str) -> bool {
    is_conflict(code) || matches!(code, UNREADABLE | "InternalServerError" | "ServiceUnavailable")
}

/// Whether the request was refused because another write to the same item was under way.
fn is_conflict(code: &str) -> bool {
    matches!(
        code,
        "TransactionConflictException"
            | "TransactionInProgressException"
            | "ReplicatedWriteConflictException"
    )
}

/// The text up to where it quotes a request. The SDK does so for a request that it cannot send, and the request's body
/// holds a customer's data.
fn without_request(text: &str) -> String {
    text.split_once("Request {")
        .map_or(text, |(before, _)| before)
        .to_owned()
}
