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

/// The most attempts that a row keeps. Each has some 150 bytes, and an item at most 400 KB.
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
            .set_item(Some(row.item()))
            .condition_expression("attribute_not_exists(customer_id) OR event <> :event")
            .expression_attribute_values(":event", AttributeValue::S(row.event.clone()));
        unless_refused(put.send().await).map(drop)
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

    /// Notes that an event is to be delivered again. A row that is gone stays so.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn note_pending(&self, id: CustomerId, version: u64) -> Result<(), StoreError> {
        let update = self.set_state(id, version, DeliveryState::Pending);
        unless_refused(update.send().await).map(drop)
    }

    /// Notes that nothing is sent, if the event was waiting for that.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn note_skipped(&self, id: CustomerId, version: u64) -> Result<(), StoreError> {
        let update = self
            .set_state(id, version, DeliveryState::Skipped)
            .condition_expression("delivery = :pending")
            .expression_attribute_values(":pending", DeliveryState::Pending.value());
        unless_refused(update.send().await).map(drop)
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
        state: DeliveryState,
    ) -> Result<(), StoreError> {
        const APPEND: &str = "attempts = list_append(attempts, :attempts)";
        // The SDK may send the update again.
        const ONCE: &str =
            "attribute_exists(customer_id) AND NOT contains(attempts, :attempt) AND size(attempts) < :max";
        let attempt = attempt.value()?;
        let update = self
            .update(id, version)
            .expression_attribute_values(":attempts", AttributeValue::L(vec![attempt.clone()]))
            .expression_attribute_values(":attempt", attempt)
            .expression_attribute_values(":max", AttributeValue::N(MAX_ATTEMPTS.to_string()));
        let is_success = state == DeliveryState::Delivered;
        let both = update
            .clone()
            .update_expression(format!("SET {APPEND}, delivery = :state"))
            .condition_expression(match is_success {
                true => ONCE.to_owned(),
                false => format!("{ONCE} AND delivery <> :delivered"),
            })
            .expression_attribute_values(":state", state.value());
        let both = match is_success {
            true => both,
            false => both.expression_attribute_values(":delivered", DeliveryState::Delivered.value()),
        };
        if unless_refused(both.send().await)?.is_some() {
            return Ok(());
        }
        match is_success {
            // The list is full, or it has this attempt.
            true => unless_refused(self.set_state(id, version, state).send().await).map(drop),
            // An earlier attempt succeeded.
            false => {
                let append = update
                    .update_expression(format!("SET {APPEND}"))
                    .condition_expression(ONCE);
                unless_refused(append.send().await).map(drop)
            }
        }
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

    fn update(&self, id: CustomerId, version: u64) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key(id, version)))
    }
}

/// The key of a row.
fn key(id: CustomerId, version: u64) -> Item {
    HashMap::from([
        ("customer_id".to_owned(), AttributeValue::S(id.to_string())),
        ("version".to_owned(), AttributeValue::N(version.to_string())),
    ])
}

/// The output of a conditional write, or none if its condition was not met.
///
/// # Errors
/// Any other failure of the write.
fn unless_refused<O, E>(result: Result<O, SdkError<E>>) -> Result<Option<O>, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match result {
        Ok(output) => Ok(Some(output)),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
        Err(error) => Err(error.into()),
    }
}
