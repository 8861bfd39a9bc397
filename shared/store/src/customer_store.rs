use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::StoreError;
use crate::keys::Item;

/// The customers' table. Cloning shares the connection.
#[derive(Clone, Debug)]
pub struct CustomerStore {
    pub(crate) client: Client,
    pub(crate) table: Arc<str>,
}

impl CustomerStore {
    /// The store in the table named `table`, reached through `client`.
    ///
    /// The client should use [`TransientFailure`](crate::TransientFailure) as a retry classifier.
    pub fn new(client: Client, table: impl Into<Arc<str>>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }

    /// A strongly consistent read of the item with this key.
    pub(crate) fn item(&self, key: AttributeValue) -> GetItemFluentBuilder {
        let request = self.client.get_item().table_name(&*self.table);
        request.key("pk", key).consistent_read(true)
    }

    pub(crate) async fn get_item(&self, key: AttributeValue) -> Result<Option<Item>, StoreError> {
        Ok(self.item(key).send().await?.item)
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
