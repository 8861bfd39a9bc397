//! What is retried: by the SDK, failures that it would not retry by default; without the SDK, writes whose outcome matters.

use std::error::Error;
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemError;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::QueryError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_smithy_runtime_api::client::interceptors::context::{Error as OperationError, InterceptorContext};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use tokio::time::sleep;

use crate::error::{Cause, StoreError};

/// The pauses before the retries of a write that the SDK does not retry.
pub(crate) fn pauses() -> impl Iterator<Item = Duration> {
    [50, 100, 200].into_iter().map(Duration::from_millis)
}

/// Waits before a write is sent again.
///
/// # Errors
/// The failure, if it is not transient or there is no retry left. In the latter case it is [`StoreError::OutcomeUnknown`] if a
/// request `may_have_taken_effect`.
pub(crate) async fn pause(
    pauses: &mut impl Iterator<Item = Duration>,
    failure: StoreError,
    may_have_taken_effect: bool,
) -> Result<(), StoreError> {
    match (failure, pauses.next()) {
        (StoreError::Throttled(_) | StoreError::Unavailable(_), Some(pause)) => {
            sleep(pause).await;
            Ok(())
        }
        (StoreError::Throttled(cause) | StoreError::Unavailable(cause), None) if may_have_taken_effect => {
            Err(StoreError::OutcomeUnknown(cause))
        }
        (failure, _) => Err(failure),
    }
}

/// Has a request sent once.
pub(crate) fn without_retries() -> aws_sdk_dynamodb::config::Builder {
    aws_sdk_dynamodb::Config::builder().retry_config(RetryConfig::disabled())
}

/// Classifies two kinds of transient failure, so that the SDK retries them.
///
/// The first is a transaction that was cancelled by throttling or by another transaction on the same items. Its
/// conditions were not checked; the next attempt checks them. The client token stays the same for all attempts, so that
/// DynamoDB executes a transaction once.
///
/// The second is an answer that cannot be read: half a document, or an error without a code.
///
/// [`CustomerStore`](crate::CustomerStore) itself retries updates of a customer and the transaction of a rename, without the
/// SDK.
#[derive(Debug)]
pub struct TransientFailure;

impl ClassifyRetry for TransientFailure {
    fn name(&self) -> &'static str {
        "transient failure"
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
            .any(|reason| transient_reason(reason).is_some()),
        _ => false,
    }
}

/// Whether the answer does not say which error it is.
fn is_unreadable(error: &OperationError) -> bool {
    fn lacks_code<E: ProvideErrorMetadata + Error + Send + Sync + 'static>(error: &OperationError) -> bool {
        error
            .downcast_ref::<E>()
            .is_some_and(|error| error.code().is_none())
    }
    lacks_code::<GetItemError>(error)
        || lacks_code::<QueryError>(error)
        || lacks_code::<TransactWriteItemsError>(error)
        || lacks_code::<PutItemError>(error)
        || lacks_code::<UpdateItemError>(error)
        || lacks_code::<BatchWriteItemError>(error)
}

/// The error of a transaction that was cancelled for this reason, if the reason is transient. The outcome of
/// the other conditions does not count then: it may change when the competing write is done.
pub(crate) fn transient_reason(reason: &CancellationReason) -> Option<StoreError> {
    let cause = |code| Cause::new(format!("DynamoDB cancelled a transaction: {code}"));
    match reason.code()? {
        code @ "TransactionConflict" => Some(StoreError::Unavailable(cause(code))),
        code @ ("ThrottlingError" | "ProvisionedThroughputExceeded" | "RequestLimitExceeded") => {
            Some(StoreError::Throttled(cause(code)))
        }
        _ => None,
    }
}
