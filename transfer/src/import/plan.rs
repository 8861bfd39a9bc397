//! What a dry run would have written so far: later records of the file can conflict with it.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use anyhow::Result;
use customer::{Customer, CustomerId};
use store::Import;

/// The records that would already be in the table, some hundred bytes each.
#[derive(Default)]
pub(super) struct Plan {
    /// A digest of each record: an identical one counts as already there.
    customers: HashMap<CustomerId, u64>,
    usernames: HashSet<String>,
    digests: RandomState,
}

impl Plan {
    /// The outcome for the next record of the file, where `found` is the outcome against the table only.
    ///
    /// # Errors
    /// None in practice: a customer can be serialised.
    pub(super) fn add(&mut self, customer: &Customer, found: Import) -> Result<Import> {
        if matches!(found, Import::AlreadyThere | Import::IdTaken | Import::IdErased) {
            return Ok(found);
        }
        let digest = self
            .digests
            .hash_one(serde_json::to_string(&customer.in_clear())?);
        match self.customers.get(&customer.id) {
            Some(earlier) if *earlier == digest => return Ok(Import::AlreadyThere),
            Some(_) => return Ok(Import::IdTaken),
            None => {}
        }
        let username = customer.username.key();
        if found == Import::UsernameTaken || self.usernames.contains(&username) {
            return Ok(Import::UsernameTaken);
        }
        self.customers.insert(customer.id, digest);
        self.usernames.insert(username);
        Ok(Import::Written)
    }
}
