//! The history of customers: what was told of each change, and what became of its delivery. It has a table of its own, with the
//! key (`customer_id`, `version`).

mod attempt;
mod page;
mod row;
mod token;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use customer::{CustomerId, Timestamp};

pub use self::attempt::Attempt;
pub use self::page::HistoryPage;
pub use self::row::{DeliveryState, Row};
pub use self::token::HistoryToken;

use crate::customer_store::CustomerStore;
use crate::error::{Cause, StoreError};
use crate::keys::Item;

/// The most attempts that a row keeps. Each has 100 to 400 bytes, and an item at most 400 KB.
const MAX_ATTEMPTS: usize = 500;

/// BatchWriteItem accepts this many requests.
const MAX_BATCH: i32 = 25;

/// The table of the history. Cloning shares the connection.
#[derive(Clone, Debug)]
pub struct History {
    client: Client,
    table: Arc<str>,
}

impl CustomerStore {
    /// The history in the table named `table`, over the connection of this store.
    pub fn history(&self, table: impl Into<Arc<str>>) -> History {
        History {
            client: self.client.clone(),
            table: table.into(),
        }
    }
}

impl History {
    /// Adds a row. If it is there already, nothing changes; a row of another event with this version is replaced: it is left
    /// from before the customers' table was restored.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn add(&self, row: &Row) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(row.item()?))
            .condition_expression("attribute_not_exists(customer_id) OR event <> :event")
            .expression_attribute_values(":event", AttributeValue::S(row.event.clone()));
        took_effect(put.send().await).map(drop)
    }

    /// The row of a version, unless it has expired.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn find(
        &self,
        id: CustomerId,
        version: u64,
        now: Timestamp,
    ) -> Result<Option<Row>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&*self.table)
            .set_key(Some(key(id, version)))
            .consistent_read(true)
            .send()
            .await?;
        let row = output
            .item
            .map(Row::of)
            .transpose()
            .map_err(StoreError::Internal)?;
        Ok(row.filter(|row| !row.is_expired(now)))
    }

    /// Notes that the event of this row is to be delivered again, unless its outcome was noted since the row was read. An event
    /// that was delivered once stays delivered. A row that is gone stays so.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn note_pending(&self, row: &Row) -> Result<(), StoreError> {
        let (id, version) = (row.customer_id, row.version);
        let is_as_read = match row.skipped_at {
            None => "attribute_not_exists(skipped_at)",
            Some(_) => "skipped_at = :skipped",
        };
        let condition = format!("size(attempts) = :read AND :read < :max AND {is_as_read}");
        let mut update = self
            .set_state_unless_delivered(id, version, DeliveryState::Pending, &condition)
            .expression_attribute_values(":read", AttributeValue::N(row.attempts.len().to_string()))
            .expression_attribute_values(":max", max_attempts());
        if let Some(skipped_at) = row.skipped_at {
            update =
                update.expression_attribute_values(":skipped", AttributeValue::S(skipped_at.to_string()));
        }
        took_effect(update.send().await).map(drop)
    }

    /// Notes that nothing was sent. An event that was delivered once stays delivered. A row that is gone stays so.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn note_skipped(&self, id: CustomerId, version: u64, at: Timestamp) -> Result<(), StoreError> {
        let update = self
            .set_state_unless_delivered(
                id,
                version,
                DeliveryState::Skipped,
                "attribute_exists(customer_id)",
            )
            .update_expression("SET delivery = :state, skipped_at = :at")
            .expression_attribute_values(":at", AttributeValue::S(at.to_string()));
        took_effect(update.send().await).map(drop)
    }

    /// Notes an attempt, and the state of the delivery after it. An event that was delivered once stays delivered. A row that
    /// is gone stays so.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn note_attempt(
        &self,
        id: CustomerId,
        version: u64,
        attempt: &Attempt,
    ) -> Result<(), StoreError> {
        const APPEND: &str = "SET attempts = list_append(attempts, :attempts)";
        // The SDK may send the update again.
        const ONCE: &str =
            "attribute_exists(customer_id) AND NOT contains(attempts, :attempt) AND size(attempts) < :max";
        let (state, attempt) = (attempt.state(), attempt.value()?);
        let append = self
            .update(id, version)
            .update_expression(APPEND)
            .condition_expression(ONCE)
            .expression_attribute_values(":attempts", AttributeValue::L(vec![attempt.clone()]))
            .expression_attribute_values(":attempt", attempt)
            .expression_attribute_values(":max", max_attempts());
        let append_and_set = append
            .clone()
            .update_expression(format!("{APPEND}, delivery = :state"))
            .expression_attribute_values(":state", state.value());
        if state == DeliveryState::Delivered {
            return match took_effect(append_and_set.send().await)? {
                true => Ok(()),
                // The list is full.
                false => took_effect(self.set_state(id, version, state).send().await).map(drop),
            };
        }
        let unless_delivered = append_and_set
            .condition_expression(format!("{ONCE} AND delivery <> :delivered"))
            .expression_attribute_values(":delivered", DeliveryState::Delivered.value());
        // An earlier attempt succeeded, or the list is full.
        if took_effect(unless_delivered.send().await)? || took_effect(append.send().await)? {
            return Ok(());
        }
        let set = self
            .set_state_unless_delivered(id, version, state, "size(attempts) = :max")
            .expression_attribute_values(":max", max_attempts());
        took_effect(set.send().await).map(drop)
    }

    /// Deletes all rows of a customer that was erased.
    ///
    /// # Errors
    /// A failure of the system. Repeating it deletes the rest.
    pub async fn forget(&self, id: CustomerId) -> Result<(), StoreError> {
        let mut before = None;
        loop {
            let output = self
                .client
                .query()
                .table_name(&*self.table)
                .key_condition_expression("customer_id = :id")
                .expression_attribute_values(":id", AttributeValue::S(id.to_string()))
                .projection_expression("customer_id, version")
                .consistent_read(true)
                .limit(MAX_BATCH)
                .send()
                .await?;
            let keys = output.items.unwrap_or_default();
            if keys.is_empty() {
                return Ok(());
            }
            // Under load DynamoDB processes only a part of a batch. The next query finds what is left.
            if before.as_ref() == Some(&keys) {
                return Err(StoreError::Throttled(Cause::new(
                    "DynamoDB deleted no row of a batch",
                )));
            }
            self.delete(&keys).await?;
            before = Some(keys);
        }
    }

    async fn delete(&self, keys: &[Item]) -> Result<(), StoreError> {
        let deletions = keys.iter().map(|key| {
            let delete = DeleteRequest::builder().set_key(Some(key.clone())).build();
            delete.map(|delete| WriteRequest::builder().delete_request(delete).build())
        });
        let deletions = deletions
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| StoreError::Internal(Cause::new(error.to_string())))?;
        let batch = self
            .client
            .batch_write_item()
            .request_items(&*self.table, deletions);
        batch.send().await?;
        Ok(())
    }

    fn set_state(&self, id: CustomerId, version: u64, state: DeliveryState) -> UpdateItemFluentBuilder {
        self.update(id, version)
            .update_expression("SET delivery = :state")
            .condition_expression("attribute_exists(customer_id)")
            .expression_attribute_values(":state", state.value())
    }

    fn set_state_unless_delivered(
        &self,
        id: CustomerId,
        version: u64,
        state: DeliveryState,
        condition: &str,
    ) -> UpdateItemFluentBuilder {
        self.set_state(id, version, state)
            .condition_expression(format!("delivery <> :delivered AND {condition}"))
            .expression_attribute_values(":delivered", DeliveryState::Delivered.value())
    }

    fn update(&self, id: CustomerId, version: u64) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key(id, version)))
    }
}

fn max_attempts() -> AttributeValue {
    AttributeValue::N(MAX_ATTEMPTS.to_string())
}

/// The key of a row.
fn key(id: CustomerId, version: u64) -> Item {
    HashMap::from([
        ("customer_id".to_owned(), AttributeValue::S(id.to_string())),
        ("version".to_owned(), AttributeValue::N(version.to_string())),
    ])
}

/// Whether a conditional write took effect, or its condition was not met.
///
/// # Errors
/// Any other failure of the write.
fn took_effect<O, E>(result: Result<O, SdkError<E>>) -> Result<bool, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match result {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(error.into()),
    }
}
