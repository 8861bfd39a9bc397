//! Which error to use where: the first six variants say what the caller did wrong or came too late for; the others
//! are the system's own failures and carry their cause for the log.

use std::error::Error;
use std::fmt;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;

use crate::damage::Damage;

/// Why the store did not do what it was asked to. In each case nothing was changed, except that where the system
/// failed a write may have taken effect although its answer never came.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such customer.
    #[error("there is no such customer")]
    NotFound,
    /// The customer is deleted, and a deleted customer cannot be updated.
    #[error("the customer is deleted")]
    Deleted,
    /// The customer is not deleted, so that it cannot be restored.
    #[error("the customer is not deleted")]
    NotDeleted,
    /// Another customer, living or deleted, has this username.
    #[error("the username is taken")]
    UsernameTaken,
    /// The customer has another version than the caller expects.
    #[error("the customer has another version")]
    PreconditionFailed,
    /// The idempotency key stands for another request already.
    #[error("the idempotency key was used with another body")]
    IdempotencyKeyReused,
    /// The answer to the write was lost, and the item no longer tells whether the write took effect. Nothing more was
    /// written.
    #[error("the write may have taken effect")]
    OutcomeUnknown(#[source] Cause),
    /// The stored customer cannot be read.
    #[error("the stored customer is damaged")]
    Damaged(#[source] Damage),
    /// The database refuses more requests for now, also after retries.
    #[error("the database throttles")]
    Throttled(#[source] Cause),
    /// The database did not answer, failed, or was busy with the same items, also after retries.
    #[error("the database is unavailable")]
    Unavailable(#[source] Cause),
    /// The system is at fault: configuration, permissions, stored data or this program.
    #[error("the store failed")]
    Internal(#[source] Cause),
}

/// What went wrong, as text for the log. It holds no item and no value of one: an SDK error's `Debug` does,
/// secrets included, which is why such an error is never kept.
#[derive(Debug)]
pub struct Cause(String);

impl Cause {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl From<serde_json::Error> for Cause {
    /// An error of writing JSON, whose text quotes no value.
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
                    _ if is_passing(code) || context.raw().status().is_server_error() => {
                        Self::Unavailable(cause)
                    }
                    _ => Self::Internal(cause),
                }
            }
            SdkError::ConstructionFailure(_) => Self::Internal(chain(&error)),
            _ => Self::Unavailable(chain(&error)),
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

/// Whether a request that failed like this may have been done all the same: its answer was lost or is no answer, or the
/// database says that it failed.
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

/// Stands for the code of an answer that cannot be read.
const UNREADABLE: &str = "an answer that cannot be read";

fn is_passing(code: &str) -> bool {
    is_conflict(code) || matches!(code, UNREADABLE | "InternalServerError" | "ServiceUnavailable")
}

/// Another write to the same item was under way, so that this one was not done.
fn is_conflict(code: &str) -> bool {
    matches!(
        code,
        "TransactionConflictException"
            | "TransactionInProgressException"
            | "ReplicatedWriteConflictException"
    )
}

/// An error and its sources by their `Display`, one behind the other.
fn chain(error: &dyn Error) -> Cause {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    Cause::new(text)
}
