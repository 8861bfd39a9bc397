use customer::{CustomerId, CustomerPatch, Timestamp};

use crate::author::Author;
use crate::change::Change;
use crate::customer_store::CustomerStore;
use crate::error::{Cause, StoreError};
use crate::listing::Listing;
use crate::precondition::Precondition;
use crate::record::Record;
use crate::write::Outcome;
use crate::write_id::WriteId;

/// How many times an update is attempted on the stored version, after its first request was rejected.
const ATTEMPTS: usize = 4;

impl CustomerStore {
    /// Updates a live customer with `patch` in one request; a new username takes a second one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Erased`], [`StoreError::Deleted`], [`StoreError::PreconditionFailed`],
    /// [`StoreError::UsernameTaken`], [`StoreError::OutcomeUnknown`], or a failure of the system.
    pub async fn update(
        &self,
        id: CustomerId,
        patch: CustomerPatch,
        precondition: &Precondition,
        by: &Author,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        let mut change = Change::new(WriteId::generate(), by);
        change.apply(&patch, now);
        change.only_if_listed(Listing::Live);
        change.only_if(precondition);
        if let Some(username) = &patch.username {
            change.only_if_named(username.as_str());
        }
        match self.write(id, change).await? {
            Outcome::Written(record) => Ok(record),
            Outcome::Refused(stored) => self.explain_or_retry(stored, patch, precondition, by, now).await,
        }
    }

    /// Finds out from the stored record why an update was refused. It returns that reason as an error, or retries the
    /// update on the stored version. A new username also moves the guard. Each retry has an id of its own, because a
    /// refused write never takes effect.
    async fn explain_or_retry(
        &self,
        mut stored: Record,
        patch: CustomerPatch,
        precondition: &Precondition,
        by: &Author,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        for _ in 0..ATTEMPTS {
            if stored.customer.is_deleted() {
                return Err(StoreError::Deleted);
            }
            if !precondition.allows(stored.version) {
                return Err(StoreError::PreconditionFailed);
            }
            let id = stored.customer.id;
            let mut change = Change::new(WriteId::generate(), by);
            change.apply(&patch, now);
            change.only_if_listed(Listing::Live);
            change.only_if(&Precondition::VersionIn(vec![stored.version]));

            let outcome = match &patch.username {
                Some(username) if !stored.customer.username.is_same_login(username) => {
                    self.move_username(change, username, stored, &patch, now).await?
                }
                // At most the letter case changed, so the guard stays.
                _ => self.write(id, change).await?,
            };
            match outcome {
                Outcome::Written(record) => return Ok(record),
                Outcome::Refused(newer) => stored = newer,
            }
        }
        Err(StoreError::Unavailable(Cause::new(
            "others kept writing the customer while it was updated",
        )))
    }
}
