use customer::CustomerId;

use crate::customer_store::CustomerStore;
use crate::error::StoreError;
use crate::keys::customer_key;
use crate::record::{PROJECTION, Record, read};

impl CustomerStore {
    /// The customer with this id, deleted or not: one strongly consistent read, of the attributes that a record has.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Erased`], [`StoreError::Damaged`], or a failure of the system.
    pub async fn get(&self, id: CustomerId) -> Result<Record, StoreError> {
        let request = self.item(customer_key(id)).projection_expression(PROJECTION);
        let output = request.expression_attribute_names("#name", "name").send().await?;
        read(output.item.ok_or(StoreError::NotFound)?)
    }
}
