use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::create::{refusals, transaction_item};
use super::item::{Item, customer_item, customer_key, guard_item};
use super::record::record;
use super::write_id::WriteId;
use super::{Cause, CustomerStore, Record, StoreError};
use crate::customer::{Customer, CustomerId};

/// What became of a customer that was to be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Import {
    /// It is in the table now, and its username is taken.
    Written,
    /// It was there before, the same in every field.
    AlreadyThere,
    /// It was refused: a customer with its id exists, and differs.
    IdTaken,
    /// It was refused: another customer, living or deleted, has its username.
    UsernameTaken,
}

/// A customer of an import under way.
struct Candidate<'a> {
    customer: &'a Customer,
    outcome: Option<Import>,
}

impl CustomerStore {
    /// The most customers of one import: a transaction takes 100 items, and a customer is two of them.
    pub const MAX_IMPORT: usize = 50;

    /// The most bytes of [`text_of`](super::text_of) the customers of one import together should have, unless one
    /// has more: a transaction takes 4 MB, but an attempt to send it must end in time.
    pub const MAX_IMPORT_TEXT: usize = 250_000;

    /// Puts customers that exist already into the table, as they are and with version 1, each together with the
    /// guard of its username. What became of each stands at its place in the answer. A refused one cancels its
    /// transaction, which then goes on without it. All of it can be repeated: a customer that is there already
    /// costs half a read unit for 4 KB.
    ///
    /// There must be at most [`MAX_IMPORT`](Self::MAX_IMPORT) customers, no two with the same id or username.
    ///
    /// # Errors
    /// A failure of the system; whether the customers were written is known when the import is repeated.
    pub async fn import(&self, customers: &[Customer]) -> Result<Vec<Import>, StoreError> {
        let mut stored = self.stored(customers).await?;
        let mut candidates: Vec<_> = customers
            .iter()
            .map(|customer| Candidate {
                customer,
                outcome: stored.remove(&customer.id).map(|item| compared(item, customer)),
            })
            .collect();
        let write = WriteId::generate();
        loop {
            let mut missing: Vec<_> = candidates
                .iter_mut()
                .filter(|one| one.outcome.is_none())
                .collect();
            if missing.is_empty() {
                return Ok(candidates.into_iter().filter_map(|one| one.outcome).collect());
            }
            self.put_all(&mut missing, write).await?;
        }
    }

    /// The items of those customers that the table has. This only spares writes: it may be out of date or
    /// incomplete, for the conditions of the writes decide.
    async fn stored(&self, customers: &[Customer]) -> Result<HashMap<CustomerId, Item>, StoreError> {
        let keys = customers
            .iter()
            .map(|customer| HashMap::from([("pk".to_owned(), customer_key(customer.id))]))
            .collect();
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .build()
            .map_err(|error| StoreError::Internal(Cause::new(error.to_string())))?;
        let output = self
            .client
            .batch_get_item()
            .request_items(&*self.table, keys)
            .send()
            .await?;
        let items = output
            .responses
            .into_iter()
            .flat_map(HashMap::into_values)
            .flatten();
        Ok(items.filter_map(|item| Some((id(&item)?, item))).collect())
    }

    /// Writes all of them in one transaction, or settles at least one that is refused.
    async fn put_all(&self, missing: &mut [&mut Candidate<'_>], write: WriteId) -> Result<(), StoreError> {
        let mut puts = Vec::with_capacity(2 * missing.len());
        for Candidate { customer, .. } in missing.iter() {
            let record = Record {
                customer: (*customer).clone(),
                version: 1,
            };
            puts.push(transaction_item(self.put_if_new(customer_item(&record, write)?))?);
            let guard = guard_item(&customer.username, customer.id);
            puts.push(transaction_item(self.put_if_new(guard))?);
        }
        let transaction = self.client.transact_write_items().set_transact_items(Some(puts));
        let Err(error) = transaction.send().await else {
            for candidate in missing {
                candidate.outcome = Some(Import::Written);
            }
            return Ok(());
        };
        let mut refusals = refusals(error)?.into_iter();
        for candidate in missing {
            let (customer, guard) = (refusals.next().flatten(), refusals.next().flatten());
            candidate.outcome = match (customer, guard) {
                // An earlier attempt took effect, and its answer was lost.
                (Some(item), _) if write.wrote(&item) => Some(Import::Written),
                (Some(item), _) => Some(compared(item, candidate.customer)),
                (None, Some(_)) => Some(Import::UsernameTaken),
                (None, None) => None,
            };
        }
        Ok(())
    }
}

/// What a customer meets that has an item already. One that cannot be read is another one.
fn compared(item: Item, customer: &Customer) -> Import {
    match record(item) {
        Ok(stored) if stored.customer == *customer => Import::AlreadyThere,
        _ => Import::IdTaken,
    }
}

fn id(item: &Item) -> Option<CustomerId> {
    CustomerId::parse(item.get("id")?.as_s().ok()?).ok()
}
