use aws_sdk_dynamodb::types::AttributeValue;
use customer::{Customer, NewCustomer, Timestamp};

use crate::author::Author;
use crate::customer_item::customer_item;
use crate::customer_store::CustomerStore;
use crate::error::{Cause, StoreError};
use crate::idempotency::Idempotency;
use crate::keys::{self, Item, guard_item};
use crate::record::Record;
use crate::transaction::{refused_items, transaction_item};
use crate::write_id::WriteId;

/// A creation that succeeded.
#[derive(Debug)]
pub struct Created {
    /// The customer, as it is now.
    pub record: Record,
    /// Whether an earlier request with the same idempotency key created it.
    pub replayed: bool,
}

// The positions of items in the transaction. Cancellation reasons come in the same order.
const GUARD: usize = 1;
const IDEMPOTENCY: usize = 2;

impl CustomerStore {
    /// Creates a customer, the guard of its username and, if there is an idempotency key, the record of that key, all
    /// in one transaction.
    ///
    /// # Errors
    /// [`StoreError::UsernameTaken`], [`StoreError::IdempotencyKeyReused`], or a failure of the system.
    pub async fn create(
        &self,
        new: NewCustomer,
        idempotency: Option<Idempotency>,
        by: &Author,
        now: Timestamp,
    ) -> Result<Created, StoreError> {
        let customer = Customer::register(new, now);
        let record = Record { customer, version: 1 };
        let create = || self.try_to_create(&record, idempotency.as_ref(), by, now);
        match create().await {
            // An erasure takes the key with it, so the key is free now.
            Err(StoreError::Erased(_)) => match create().await {
                // An earlier release created the customer: its item did not name the key, so that stayed.
                Err(StoreError::Erased(_)) => Err(StoreError::IdempotencyKeyReused),
                created => created,
            },
            created => created,
        }
    }

    /// # Errors
    /// As for [`Self::create`]; and [`StoreError::Erased`] if the customer that the key created was erased.
    async fn try_to_create(
        &self,
        record: &Record,
        idempotency: Option<&Idempotency>,
        by: &Author,
        now: Timestamp,
    ) -> Result<Created, StoreError> {
        let customer = &record.customer;
        let mut item = customer_item(record, WriteId::generate(), by)?;
        item.extend(idempotency.map(Idempotency::link));
        let mut puts = vec![
            self.put_if_new(item),
            self.put_if_new(guard_item(&customer.username, customer.id)),
        ];
        if let Some(idempotency) = idempotency {
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
                record: record.clone(),
                replayed: false,
            }),
            Err(error) => {
                self.explain_refusal(record, idempotency, refused_items(error)?)
                    .await
            }
        }
    }

    async fn explain_refusal(
        &self,
        record: &Record,
        idempotency: Option<&Idempotency>,
        refused: Vec<Option<Item>>,
    ) -> Result<Created, StoreError> {
        let refused = |index: usize| refused.get(index).and_then(Option::as_ref);

        // The guard is this customer's own: an earlier attempt took effect, and its answer was lost.
        if let Some(guard) = refused(GUARD)
            && keys::customer_id(guard)? == record.customer.id
        {
            return Ok(Created {
                record: record.clone(),
                replayed: false,
            });
        }
        match (refused(IDEMPOTENCY), idempotency) {
            (Some(earlier), Some(idempotency)) => {
                if !idempotency.is_fingerprint_of(earlier) {
                    return Err(StoreError::IdempotencyKeyReused);
                }
                Ok(Created {
                    record: self.get(keys::customer_id(earlier)?).await?,
                    replayed: true,
                })
            }
            _ if refused(GUARD).is_some() => Err(StoreError::UsernameTaken),
            _ => Err(StoreError::Internal(Cause::new(
                "a new customer's item already exists",
            ))),
        }
    }
}
