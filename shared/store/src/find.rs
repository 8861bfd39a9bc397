use customer::Username;

use crate::customer_store::CustomerStore;
use crate::error::{Cause, StoreError};
use crate::keys::{self, guard_key};
use crate::record::Record;

/// How often [`CustomerStore::find`] looks up a username, because a rename or an erasure can come between its two reads.
const ATTEMPTS: usize = 3;

impl CustomerStore {
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
}
