use customer::{CustomerId, Timestamp};

use crate::author::Author;
use crate::customer_store::CustomerStore;
use crate::error::StoreError;
use crate::listing::Listing;
use crate::precondition::Precondition;
use crate::record::Record;
use crate::write::Outcome;

impl CustomerStore {
    /// Soft-deletes a customer: its record stays, and its username stays taken. Deleting a deleted customer changes
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Erased`], [`StoreError::PreconditionFailed`],
    /// [`StoreError::OutcomeUnknown`], or a failure of the system.
    pub async fn delete(
        &self,
        id: CustomerId,
        precondition: &Precondition,
        by: &Author,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        let now = now.to_string();
        match self.move_to(Listing::Deleted, id, &now, precondition, by).await? {
            Outcome::Refused(stored) if !precondition.allows(stored.version) => {
                Err(StoreError::PreconditionFailed)
            }
            Outcome::Written(record) | Outcome::Refused(record) => Ok(record),
        }
    }
}
