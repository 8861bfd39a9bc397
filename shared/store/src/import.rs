use std::collections::HashMap;

use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use customer::{Customer, CustomerId};

use crate::author::Author;
use crate::customer_item::customer_item;
use crate::customer_store::CustomerStore;
use crate::error::{Cause, StoreError};
use crate::keys::{Item, customer_key, guard_item};
use crate::record::{Record, record};
use crate::tombstone::Tombstone;
use crate::transaction::{refused_items, transaction_item};
use crate::write_id::WriteId;

/// The outcome of importing one customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Import {
    /// It was written, together with the guard of its username.
    Written,
    /// It was already in the table, equal in every field.
    AlreadyThere,
    /// It was refused: a different customer has its id.
    IdTaken,
    /// It was refused: a customer with its id was erased.
    IdErased,
    /// It was refused: another customer, live or deleted, has its username.
    UsernameTaken,
}

/// A customer that is being imported.
struct Candidate<'a> {
    customer: &'a Customer,
    outcome: Option<Import>,
}

impl CustomerStore {
    /// The most customers in one import: a transaction takes 100 items, and a customer is two of them.
    pub const MAX_IMPORT: usize = 50;

    /// The most bytes of [`text_size`](crate::text_size) that the customers of one import should have together, unless
    /// a single one has more. A transaction takes 4 MB, but each attempt to send it has a time limit.
    pub const MAX_IMPORT_TEXT: usize = 250_000;

    /// Writes existing customers to the table as they are, with version 1, each with the guard of its username. The
    /// outcomes are in the order of `customers`. A refused customer cancels its transaction, which is then repeated
    /// without it. An import can be repeated as a whole: a customer that is already in the table costs half a read unit
    /// for every 4 KB.
    ///
    /// There must be at most [`MAX_IMPORT`](Self::MAX_IMPORT) customers, no two with the same id or username.
    ///
    /// # Errors
    /// A failure of the system. Repeating the import shows whether the customers were written.
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

    pub(crate) async fn read_batch(
        &self,
        keys: Vec<Item>,
        consistent: bool,
    ) -> Result<BatchGetItemOutput, StoreError> {
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(consistent)
            .build()
            .map_err(|error| StoreError::Internal(Cause::new(error.to_string())))?;
        let request = self.client.batch_get_item().request_items(&*self.table, keys);
        Ok(request.send().await?)
    }

    /// The items of those customers that are already in the table. This only saves writes, so it may be out of date or
    /// incomplete: the conditions of the writes decide.
    async fn stored(&self, customers: &[Customer]) -> Result<HashMap<CustomerId, Item>, StoreError> {
        let keys = customers
            .iter()
            .map(|customer| HashMap::from([("pk".to_owned(), customer_key(customer.id))]))
            .collect();
        let output = self.read_batch(keys, false).await?;
        let items = output
            .responses
            .into_iter()
            .flat_map(HashMap::into_values)
            .flatten();
        Ok(items.filter_map(|item| Some((id(&item)?, item))).collect())
    }

    /// Writes all of them in one transaction, or sets the outcome of at least one that was refused.
    async fn put_all(&self, missing: &mut [&mut Candidate<'_>], write: WriteId) -> Result<(), StoreError> {
        let by = Author::import();
        let mut puts = Vec::with_capacity(2 * missing.len());
        for Candidate { customer, .. } in missing.iter() {
            let record = Record {
                customer: (*customer).clone(),
                version: 1,
            };
            puts.push(transaction_item(
                self.put_if_new(customer_item(&record, write, &by)?),
            )?);
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
        let mut refused = refused_items(error)?.into_iter();
        for candidate in missing {
            let (customer, guard) = (refused.next().flatten(), refused.next().flatten());
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

/// The outcome for a customer whose id already has an item. An item that cannot be read counts as a different customer.
pub(crate) fn compared(item: Item, customer: &Customer) -> Import {
    if Tombstone::of(&item).is_some() {
        return Import::IdErased;
    }
    match record(item) {
        Ok(stored) if stored.customer == *customer => Import::AlreadyThere,
        _ => Import::IdTaken,
    }
}

fn id(item: &Item) -> Option<CustomerId> {
    CustomerId::parse(item.get("id")?.as_s().ok()?).ok()
}
