//! What the SDK should retry and does not by itself.

use std::error::Error;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::operation::query::QueryError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_smithy_runtime_api::client::interceptors::context::{Error as OperationError, InterceptorContext};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use crate::error::{Cause, StoreError};

/// Retries two kinds of failure that pass.
///
/// A transaction that was cancelled by another one on the same items or by throttling: its conditions were not judged,
/// and the next attempt finds out how they stand. The client token stays the same over all attempts, so that DynamoDB
/// executes a transaction once.
///
/// An answer that cannot be read: half a document, or an error without its code.
///
/// An update of one item is repeated by [`CustomerStore::write`](crate::CustomerStore) itself, not by the SDK.
#[derive(Debug)]
pub struct PassingFailure;

impl ClassifyRetry for PassingFailure {
    fn name(&self) -> &'static str {
        "passing failure"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        match error.as_operation_error() {
            Some(error) if is_contended_transaction(error) || is_unreadable(error) => {
                RetryAction::transient_error()
            }
            _ => RetryAction::NoActionIndicated,
        }
    }
}

fn is_contended_transaction(error: &OperationError) -> bool {
    match error.downcast_ref() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled
            .cancellation_reasons()
            .iter()
            .any(|reason| passing_reason(reason).is_some()),
        _ => false,
    }
}

/// Whether the answer did not even say which error it is.
fn is_unreadable(error: &OperationError) -> bool {
    fn lacks_code<E: ProvideErrorMetadata + Error + Send + Sync + 'static>(error: &OperationError) -> bool {
        error
            .downcast_ref::<E>()
            .is_some_and(|error| error.code().is_none())
    }
    lacks_code::<GetItemError>(error)
        || lacks_code::<QueryError>(error)
        || lacks_code::<TransactWriteItemsError>(error)
}

/// What a transaction failed for whose item was refused for this reason, if it is one that passes. Then no
/// condition of the other items counts: they may look different when this item's writer is done.
pub(crate) fn passing_reason(reason: &CancellationReason) -> Option<StoreError> {
    let cause = |code| Cause::new(format!("DynamoDB cancelled a transaction: {code}"));
    match reason.code()? {
        code @ "TransactionConflict" => Some(StoreError::Unavailable(cause(code))),
        code @ ("ThrottlingError" | "ProvisionedThroughputExceeded" | "RequestLimitExceeded") => {
            Some(StoreError::Throttled(cause(code)))
        }
        _ => None,
    }
}
