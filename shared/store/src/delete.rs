use customer::{CustomerId, Timestamp};

use crate::author::Author;
use crate::change::Change;
use crate::customer_store::CustomerStore;
use crate::error::StoreError;
use crate::listing::Listing;
use crate::precondition::Precondition;
use crate::record::Record;
use crate::write::Outcome;
use crate::write_id::WriteId;

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
        let mut change = Change::new(WriteId::generate(), by);
        change.set("tm_delete", now.to_string());
        change.set("listing", Listing::Deleted.as_str());
        change.only_if_listed(Listing::Live);
        change.only_if(precondition);
        match self.write(id, change).await? {
            Outcome::Refused(stored) if !precondition.allows(stored.version) => {
                Err(StoreError::PreconditionFailed)
            }
            Outcome::Written(record) | Outcome::Refused(record) => Ok(record),
        }
    }

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
        let mut change = Change::new(WriteId::generate(), by);
        change.set("tm_delete", Timestamp::NEVER);
        change.set("listing", Listing::Live.as_str());
        change.only_if_listed(Listing::Deleted);
        change.only_if(precondition);
        match self.write(id, change).await? {
            Outcome::Written(record) => Ok(record),
            Outcome::Refused(stored) if !stored.customer.is_deleted() => Err(StoreError::NotDeleted),
            Outcome::Refused(_) => Err(StoreError::PreconditionFailed),
        }
    }
}
