use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use customer::Customer;

use crate::customer_store::CustomerStore;
use crate::error::{Cause, StoreError};
use crate::import::{Import, compared};
use crate::keys::{Item, customer_key, guard_key};

impl CustomerStore {
    /// What the outcomes of [`import`](Self::import) would be now. It reads two items for each customer, strongly
    /// consistent, and writes nothing.
    ///
    /// There must be at most [`MAX_IMPORT`](Self::MAX_IMPORT) customers, no two with the same id or username.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn check_import(&self, customers: &[Customer]) -> Result<Vec<Import>, StoreError> {
        let keys = |customer: &Customer| [customer_key(customer.id), guard_key(&customer.username)];
        let mut stored = self.read_all(customers.iter().flat_map(keys)).await?;
        let mut take = |key: &AttributeValue| {
            stored
                .iter()
                .position(|item| item.get("pk") == Some(key))
                .map(|at| stored.swap_remove(at))
        };
        let outcomes = customers.iter().map(|customer| {
            let [customer_key, guard_key] = keys(customer);
            match (take(&customer_key), take(&guard_key)) {
                (Some(item), _) => compared(item, customer),
                (None, Some(_)) => Import::UsernameTaken,
                (None, None) => Import::Written,
            }
        });
        Ok(outcomes.collect())
    }

    /// All items with these keys, in as many requests as that takes.
    async fn read_all(&self, keys: impl Iterator<Item = AttributeValue>) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        let mut keys: Vec<_> = keys.map(|key| HashMap::from([("pk".to_owned(), key)])).collect();
        while !keys.is_empty() {
            let output = self.read_batch(keys.clone(), true).await?;
            items.extend(
                output
                    .responses
                    .into_iter()
                    .flat_map(HashMap::into_values)
                    .flatten(),
            );
            // DynamoDB leaves keys unprocessed when an answer reaches 16 MB, and when it throttles.
            let unprocessed = output.unprocessed_keys.into_iter().flat_map(HashMap::into_values);
            let left: Vec<_> = unprocessed.flat_map(|left| left.keys).collect();
            if left.len() >= keys.len() {
                return Err(StoreError::Throttled(Cause::new(
                    "DynamoDB processed no key of a batch",
                )));
            }
            keys = left;
        }
        Ok(items)
    }
}
