//! What a dry run would have written: later records of the same file would meet it.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use anyhow::Result;
use customer::{Customer, CustomerId};
use store::Import;

/// The records that would be in the table by now, some hundred bytes for each.
#[derive(Default)]
pub(super) struct Plan {
    /// A digest of each, for what says the same is already there.
    customers: HashMap<CustomerId, u64>,
    usernames: HashSet<String>,
    digests: RandomState,
}

impl Plan {
    /// What would become of the next record of the file, of which the table alone says `found`.
    ///
    /// # Errors
    /// None in practice: a customer can be serialised.
    pub(super) fn add(&mut self, customer: &Customer, found: Import) -> Result<Import> {
        if matches!(found, Import::AlreadyThere | Import::IdTaken) {
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
