use aws_sdk_dynamodb::types::AttributeValue;
use customer::{CustomerId, Username};

use crate::customer_store::CustomerStore;
use crate::error::{Cause, StoreError};
use crate::keys;
use crate::keys::{Item, customer_key, guard_key};
use crate::record::{Record, read};

/// How often [`CustomerStore::find`] looks up a username, because a rename or an erasure can come between its two reads.
const ATTEMPTS: usize = 3;

impl CustomerStore {
    /// The customer with this id, deleted or not: one strongly consistent read.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Erased`], [`StoreError::Damaged`], or a failure of the system.
    pub async fn get(&self, id: CustomerId) -> Result<Record, StoreError> {
        match self.get_item(customer_key(id)).await? {
            Some(item) => read(item),
            None => Err(StoreError::NotFound),
        }
    }

    /// The customer with this username, deleted or not, ignoring case: two strongly consistent reads.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Damaged`], or a failure of the system.
    pub async fn find(&self, username: &Username) -> Result<Record, StoreError> {
        for _ in 0..ATTEMPTS {
            let Some(guard) = self.get_item(guard_key(username)).await? else {
                return Err(StoreError::NotFound);
            };
            let record = match self.get(keys::customer_id(&guard)?).await {
                Err(StoreError::Erased(_)) => continue,
                record => record?,
            };
            if record.customer.username.is_same_login(username) {
                return Ok(record);
            }
        }
        Err(StoreError::Unavailable(Cause::new(
            "the username moved between customers while it was looked up",
        )))
    }

    pub(crate) async fn get_item(&self, key: AttributeValue) -> Result<Option<Item>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&*self.table)
            .key("pk", key)
            .consistent_read(true)
            .send()
            .await?;
        Ok(output.item)
    }

    /// Opens the connection to the database by reading a key that does not exist.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn warm_up(&self) -> Result<(), StoreError> {
        self.get_item(AttributeValue::S("warm-up".to_owned()))
            .await
            .map(drop)
    }
}
