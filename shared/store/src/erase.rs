use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure};
use customer::{CustomerId, Timestamp};

use crate::author::Author;
use crate::customer_store::CustomerStore;
use crate::error::{Cause, StoreError};
use crate::idempotency;
use crate::keys::{customer_key, guard_key};
use crate::precondition::Precondition;
use crate::record::read;
use crate::tombstone::Tombstone;
use crate::transaction::{refused_items, transaction_item};

/// How many times an erasure is attempted if others write in between.
const ATTEMPTS: usize = 4;

// The positions in the transaction. Cancellation reasons come in the same order.
const CUSTOMER: usize = 0;
const OWNED: usize = 2;

/// The condition of deleting what the customer owned.
const OWN_OR_GONE: &str = "customer_id = :id OR attribute_not_exists(pk)";

impl CustomerStore {
    /// Erases a deleted customer, in one transaction: its item becomes a tombstone, and its webhook's secret, the guard of its
    /// username and the record of its idempotency key are gone. Erasing an erased customer changes nothing.
    ///
    /// [`History::forget`](crate::History::forget) removes the rest.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::NotDeleted`], [`StoreError::PreconditionFailed`], or a failure of the system.
    pub async fn erase(
        &self,
        id: CustomerId,
        precondition: &Precondition,
        by: &Author,
        now: Timestamp,
    ) -> Result<Tombstone, StoreError> {
        for _ in 0..ATTEMPTS {
            let item = self
                .get_item(customer_key(id))
                .await?
                .ok_or(StoreError::NotFound)?;
            if let Some(tombstone) = Tombstone::of(&item) {
                return Ok(tombstone);
            }
            let idempotency = idempotency::key_in(&item);
            let stored = read(item)?;
            if !stored.customer.is_deleted() {
                return Err(StoreError::NotDeleted);
            }
            if !precondition.allows(stored.version) {
                return Err(StoreError::PreconditionFailed);
            }
            let owned = [Some(guard_key(&stored.customer.username)), idempotency];
            let tombstone = Tombstone {
                id,
                erased_at: now,
                by: Some(by.clone()),
                version: stored.version + 1,
            };
            if self
                .replace(&tombstone, owned.into_iter().flatten().collect())
                .await?
            {
                return Ok(tombstone);
            }
        }
        Err(StoreError::Unavailable(Cause::new(
            "others kept writing the customer while it was erased",
        )))
    }

    /// Puts the tombstone in the place of the customer, and deletes what it owned. Answers whether the customer still had the
    /// version before the tombstone's.
    async fn replace(
        &self,
        tombstone: &Tombstone,
        mut owned: Vec<AttributeValue>,
    ) -> Result<bool, StoreError> {
        loop {
            let customer = Put::builder()
                .table_name(&*self.table)
                .set_item(Some(tombstone.item()))
                .condition_expression("version = :version")
                .expression_attribute_values(
                    ":version",
                    AttributeValue::N((tombstone.version - 1).to_string()),
                )
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            let webhook = Put::builder()
                .table_name(&*self.table)
                .set_item(Some(tombstone.webhook_item()));
            let mut transaction = self
                .client
                .transact_write_items()
                .transact_items(transaction_item(customer)?)
                .transact_items(transaction_item(webhook)?);
            for key in &owned {
                transaction =
                    transaction.transact_items(self.delete_if(key.clone(), tombstone.id, OWN_OR_GONE)?);
            }
            let Err(error) = transaction.send().await else {
                return Ok(true);
            };
            let refused = refused_items(error)?;
            let is_refused = |place: usize| refused.get(place).is_some_and(Option::is_some);
            if is_refused(CUSTOMER) {
                return Ok(false);
            }
            // What was refused is another customer's now: an idempotency key can be used again after a day.
            let mut place = OWNED..;
            owned.retain(|_| place.next().is_some_and(|place| !is_refused(place)));
        }
    }
}
