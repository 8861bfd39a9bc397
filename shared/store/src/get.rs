use customer::CustomerId;

use crate::customer_store::CustomerStore;
use crate::error::StoreError;
use crate::keys::customer_key;
use crate::record::{Record, read};

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
}
