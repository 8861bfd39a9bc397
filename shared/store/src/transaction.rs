//! Parts of a transaction, and the reasons why one was cancelled.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};

use customer::CustomerId;

use crate::customer_store::CustomerStore;
use crate::error::{Cause, StoreError};
use crate::keys::Item;
use crate::retry::transient_reason;

impl CustomerStore {
    /// A put with the condition that no item has its key.
    pub(crate) fn put_if_new(&self, item: Item) -> PutBuilder {
        Put::builder()
            .table_name(&*self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// The deletion of a guard or an idempotency record on a condition, in which `:id` is the id of its customer.
    ///
    /// # Errors
    /// [`StoreError::Internal`] if the SDK finds a part missing.
    pub(crate) fn delete_if(
        &self,
        key: AttributeValue,
        id: CustomerId,
        condition: &str,
    ) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&*self.table)
            .key("pk", key)
            .condition_expression(condition)
            .expression_attribute_values(":id", AttributeValue::S(id.to_string()))
            .build()
            .map_err(|error| StoreError::Internal(Cause::new(error.to_string())))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

/// # Errors
/// [`StoreError::Internal`] if the SDK finds a part missing.
pub(crate) fn transaction_item(put: PutBuilder) -> Result<TransactWriteItem, StoreError> {
    let put = put
        .build()
        .map_err(|error| StoreError::Internal(Cause::new(error.to_string())))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// The items whose conditions cancelled a transaction, each at its position in the transaction. If an item does not
/// exist, an empty one takes its place.
///
/// # Errors
/// Any other failure of the transaction.
pub(crate) fn refused_items(
    error: SdkError<TransactWriteItemsError>,
) -> Result<Vec<Option<Item>>, StoreError> {
    match &error {
        SdkError::ServiceError(context) => match context.err() {
            TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                let reasons = cancelled.cancellation_reasons();
                if let Some(transient) = reasons.iter().find_map(transient_reason) {
                    return Err(transient);
                }
                if reasons.iter().any(is_refused) {
                    return Ok(reasons
                        .iter()
                        .map(|reason| is_refused(reason).then(|| reason.item.clone().unwrap_or_default()))
                        .collect());
                }
                let codes: Vec<_> = reasons.iter().filter_map(CancellationReason::code).collect();
                Err(StoreError::Internal(Cause::new(format!(
                    "DynamoDB cancelled a transaction: {codes:?}"
                ))))
            }
            _ => Err(error.into()),
        },
        _ => Err(error.into()),
    }
}

fn is_refused(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}
