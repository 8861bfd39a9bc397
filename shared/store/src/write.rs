//! Sends one conditional write to one customer, and finds out whether it took effect.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use customer::CustomerId;

use crate::change::Change;
use crate::customer_store::CustomerStore;
use crate::error::{Cause, StoreError, may_have_taken_effect};
use crate::keys::{Item, customer_key};
use crate::record::{Record, read};
use crate::retry::{pause, pauses, without_retries};
use crate::tombstone::erased_at;
use crate::write_id::WriteId;

/// How a conditional write ended.
pub(crate) enum Outcome {
    /// It took effect, in the last attempt or an earlier one. This is the record now.
    Written(Record),
    /// A condition was not met. This is the record now.
    Refused(Record),
}

impl CustomerStore {
    /// Makes `change` to the customer in one request, which is retried after a transient failure.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Erased`], [`StoreError::OutcomeUnknown`], or a failure of the system.
    pub(crate) async fn write(&self, id: CustomerId, mut change: Change) -> Result<Outcome, StoreError> {
        let mut pauses = pauses();
        loop {
            let error = match self.attempt(id, &change).await {
                Ok(output) => return stored(output).map(Outcome::Written),
                Err(error) => error,
            };
            if is_refusal(&error) {
                let item = refused_item(error).ok_or(StoreError::NotFound)?;
                return match judge(&change, item)? {
                    Outcome::Refused(_) if change.may_arrive_late() => self.revoke(id, change.write).await,
                    outcome => Ok(outcome),
                };
            }
            if may_have_taken_effect(&error) {
                change.send_again();
            }
            pause(&mut pauses, error.into(), change.is_sent_again()).await?;
        }
    }

    /// Makes sure that a refused write does not take effect later, although an earlier request of it may still be under
    /// way. If it has taken effect by now, that is the outcome.
    ///
    /// This is sent once: the item does not show whether a lost request has left the id there, or the write itself.
    pub(crate) async fn revoke(&self, id: CustomerId, write: WriteId) -> Result<Outcome, StoreError> {
        let error = match self.attempt(id, &Change::revoking(write)).await {
            Ok(output) => return stored(output).map(Outcome::Refused),
            Err(error) => error,
        };
        if !is_refusal(&error) {
            return Err(StoreError::OutcomeUnknown(Cause::of(&error)));
        }
        let item = refused_item(error).ok_or(StoreError::NotFound)?;
        if let Some(erased_at) = erased_at(&item) {
            return Err(StoreError::Erased(erased_at));
        }
        match write.wrote(&item) {
            true => read(item).map(Outcome::Written),
            false => Err(outcome_unknown()),
        }
    }

    /// Sends one request, without the SDK's retries: a retry must be a different request, see [`Change::send_again`].
    async fn attempt(
        &self,
        id: CustomerId,
        change: &Change,
    ) -> Result<UpdateItemOutput, SdkError<UpdateItemError>> {
        self.client
            .update_item()
            .table_name(&*self.table)
            .key("pk", customer_key(id))
            .update_expression(change.update_expression())
            .condition_expression(change.condition_expression())
            .set_expression_attribute_names(Some(change.names()))
            .set_expression_attribute_values(Some(change.values()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .customize()
            .config_override(without_retries())
            .send()
            .await
    }
}

/// The record after an update.
fn stored(output: UpdateItemOutput) -> Result<Record, StoreError> {
    let item = output.attributes;
    read(
        item.ok_or_else(|| StoreError::Internal(Cause::new("DynamoDB answered an update without the item")))?,
    )
}

/// Whether a condition was not met.
fn is_refusal(error: &SdkError<UpdateItemError>) -> bool {
    error
        .as_service_error()
        .is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

/// The item whose condition was not met, if it exists.
fn refused_item(error: SdkError<UpdateItemError>) -> Option<Item> {
    match error.into_service_error() {
        UpdateItemError::ConditionalCheckFailedException(refusal) => refusal.item,
        _ => None,
    }
}

/// Finds out from the item that refused `change` whether an earlier attempt took effect.
fn judge(change: &Change, item: Item) -> Result<Outcome, StoreError> {
    if let Some(erased_at) = erased_at(&item) {
        return Err(StoreError::Erased(erased_at));
    }
    if change.write.wrote(&item) {
        return read(item).map(Outcome::Written);
    }
    if change.outcome_is_unknown(&item) {
        return Err(outcome_unknown());
    }
    read(item).map(Outcome::Refused)
}

fn outcome_unknown() -> StoreError {
    StoreError::OutcomeUnknown(Cause::new(
        "the answer to a write was lost, and others wrote too often since to tell whether it took effect",
    ))
}
