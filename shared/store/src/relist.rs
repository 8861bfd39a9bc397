use customer::CustomerId;

use crate::author::Author;
use crate::change::Change;
use crate::customer_store::CustomerStore;
use crate::error::{Cause, StoreError};
use crate::listing::Listing;
use crate::precondition::Precondition;
use crate::write::Outcome;
use crate::write_id::WriteId;

/// How often the move is tried. Each retry requires the stored version.
const ATTEMPTS: usize = 4;

impl CustomerStore {
    /// Moves a customer to a list, which deletes or restores it. It is refused only if the customer is in that list, or if
    /// `precondition` does not allow its version.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Erased`], [`StoreError::OutcomeUnknown`], or a failure of the system.
    pub(crate) async fn move_to(
        &self,
        listing: Listing,
        id: CustomerId,
        tm_delete: &str,
        precondition: &Precondition,
        by: &Author,
    ) -> Result<Outcome, StoreError> {
        let change = |precondition: &Precondition| {
            let mut change = Change::new(WriteId::generate(), by);
            change.set("tm_delete", tm_delete);
            change.set("listing", listing.as_str());
            change.only_if_listed(listing.other());
            change.only_if(precondition);
            change
        };
        let mut required = precondition.clone();
        for _ in 0..ATTEMPTS {
            match self.write(id, change(&required)).await? {
                // It can be moved: only the conditions of a retry refused it, or another write came in between.
                Outcome::Refused(stored)
                    if Listing::of(&stored.customer) != listing && precondition.allows(stored.version) =>
                {
                    required = Precondition::VersionIn(vec![stored.version]);
                }
                outcome => return Ok(outcome),
            }
        }
        Err(StoreError::Unavailable(Cause::new(
            "others kept writing the customer while it was deleted or restored",
        )))
    }
}
