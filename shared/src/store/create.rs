use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};

use super::item::{self, Item, customer_item, guard_item};
use super::retry::passing_reason;
use super::write_id::WriteId;
use super::{Cause, CustomerStore, Idempotency, Record, StoreError};
use crate::customer::{Customer, NewCustomer, Timestamp};

/// A creation that succeeded.
#[derive(Debug)]
pub struct Created {
    /// The customer, as it is now.
    pub record: Record,
    /// Whether an earlier request with the same idempotency key created it.
    pub replayed: bool,
}

// The places of a creation's items in its transaction: cancellation reasons come in the same order.
const GUARD: usize = 1;
const IDEMPOTENCY: usize = 2;

impl CustomerStore {
    /// Creates a customer together with the guard of its username and, if there is a key, the record that
    /// makes the request idempotent: all of it or nothing, in one request.
    ///
    /// # Errors
    /// [`StoreError::UsernameTaken`], [`StoreError::IdempotencyKeyReused`], or a failure of the system.
    pub async fn create(
        &self,
        new: NewCustomer,
        idempotency: Option<Idempotency>,
        now: Timestamp,
    ) -> Result<Created, StoreError> {
        let customer = Customer::register(new, now);
        let record = Record { customer, version: 1 };
        let customer = &record.customer;

        let mut puts = vec![
            self.put_if_new(customer_item(&record, WriteId::generate())?),
            self.put_if_new(guard_item(&customer.username, customer.id)),
        ];
        if let Some(idempotency) = &idempotency {
            let now = AttributeValue::N(now.seconds().to_string());
            puts.push(
                self.put_if_new(idempotency.item(customer.id))
                    .condition_expression("attribute_not_exists(pk) OR expires_at <= :now")
                    .expression_attribute_values(":now", now),
            );
        }
        let mut transaction = self.client.transact_write_items();
        for put in puts {
            transaction = transaction.transact_items(transaction_item(put)?);
        }
        match transaction.send().await {
            Ok(_) => Ok(Created {
                record,
                replayed: false,
            }),
            Err(error) => self.creation_refused(record, idempotency, refusals(error)?).await,
        }
    }

    async fn creation_refused(
        &self,
        record: Record,
        idempotency: Option<Idempotency>,
        refusals: Vec<Option<Item>>,
    ) -> Result<Created, StoreError> {
        let refused = |index: usize| refusals.get(index).and_then(Option::as_ref);

        // A guard of this very customer: an earlier attempt took effect, and its answer was lost.
        if let Some(guard) = refused(GUARD)
            && item::customer_id(guard)? == record.customer.id
        {
            return Ok(Created {
                record,
                replayed: false,
            });
        }
        match (refused(IDEMPOTENCY), idempotency) {
            (Some(earlier), Some(idempotency)) => {
                if !idempotency.is_fingerprint_of(earlier) {
                    return Err(StoreError::IdempotencyKeyReused);
                }
                let record = self.get(item::customer_id(earlier)?).await?;
                Ok(Created {
                    record,
                    replayed: true,
                })
            }
            _ if refused(GUARD).is_some() => Err(StoreError::UsernameTaken),
            _ => Err(StoreError::Internal(Cause::new(
                "a new customer's item exists already",
            ))),
        }
    }

    /// Puts an item unless there is one with its key.
    pub(super) fn put_if_new(&self, item: Item) -> PutBuilder {
        Put::builder()
            .table_name(&*self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}

/// # Errors
/// [`StoreError::Internal`] if the SDK misses a part.
pub(super) fn transaction_item(put: PutBuilder) -> Result<TransactWriteItem, StoreError> {
    let put = put
        .build()
        .map_err(|error| StoreError::Internal(Cause::new(error.to_string())))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// The items whose conditions cancelled a transaction, each at its place. An item that is not there although
/// its condition failed is an empty one.
///
/// # Errors
/// Whatever else the transaction failed for.
pub(super) fn refusals(error: SdkError<TransactWriteItemsError>) -> Result<Vec<Option<Item>>, StoreError> {
    match &error {
        SdkError::ServiceError(context) => match context.err() {
            TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                let reasons = cancelled.cancellation_reasons();
                if let Some(passing) = reasons.iter().find_map(passing_reason) {
                    return Err(passing);
                }
                if reasons.iter().any(is_refusal) {
                    return Ok(reasons
                        .iter()
                        .map(|reason| is_refusal(reason).then(|| reason.item.clone().unwrap_or_default()))
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

fn is_refusal(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}
