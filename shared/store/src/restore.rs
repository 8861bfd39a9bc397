use customer::{CustomerId, Timestamp};

use crate::author::Author;
use crate::customer_store::CustomerStore;
use crate::error::StoreError;
use crate::listing::Listing;
use crate::precondition::Precondition;
use crate::record::Record;
use crate::write::Outcome;

impl CustomerStore {
    /// Restores a deleted customer as it was.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Erased`], [`StoreError::NotDeleted`], [`StoreError::PreconditionFailed`],
    /// [`StoreError::OutcomeUnknown`], or a failure of the system.
    pub async fn restore(
        &self,
        id: CustomerId,
        precondition: &Precondition,
        by: &Author,
    ) -> Result<Record, StoreError> {
        let never = Timestamp::NEVER;
        match self.move_to(Listing::Live, id, never, precondition, by).await? {
            Outcome::Written(record) => Ok(record),
            Outcome::Refused(stored) if !stored.customer.is_deleted() => Err(StoreError::NotDeleted),
            Outcome::Refused(_) => Err(StoreError::PreconditionFailed),
        }
    }
}
