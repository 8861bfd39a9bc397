//! Customers by number, loaded through the engine's own API: past the network, and past the transactions, which
//! the engine makes slower the more of them it has seen.

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow};
use dynoxide::ImportOptions;
use dynoxide::types::AttributeValue;
use local::server::store;
use serde_json::json;
use customer::{NewCustomer, Timestamp};
use uuid::{Builder, Uuid};

use crate::database::Database;

/// How many customers are handed to the engine at once.
const BATCH: usize = 10_000;

/// When customer 0 was created, in seconds since 1970: 1 January 2026. The others follow, one a second.
const FIRST: u64 = 1_767_225_600;

type Item = HashMap<String, AttributeValue>;

/// Whether customers live.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// They do.
    Live,
    /// They have been deleted.
    Deleted,
}

/// The id of customer `number`.
pub(crate) fn id(number: usize) -> Uuid {
    let number = number as u64;
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    Builder::from_unix_timestamp_millis((FIRST + number) * 1000, &random).into_uuid()
}

/// The body that creates a customer of ordinary size; all that are loaded are copies of such a one.
pub(crate) fn body(username: &str) -> serde_json::Value {
    json!({
        "username": username,
        "name": "Anna's calls",
        "detail": "Registered by the benchmark",
        "webhook_method": "POST",
        "webhook_uri": "https://example.com/webhooks",
        "line_secret": "made-up-secret",
        "line_token": "made-up/token+of=LINE",
        "permission_ids": ["03796e14-7cb4-11ec-9dba-e72023efd1c6"],
    })
}

/// Customers as they are loaded: copies of one that the real store has written.
pub(crate) struct Population {
    prototype: Item,
}

impl Population {
    /// Has the store write one customer, and keeps its item as the form of all others. The layout of an item is
    /// thus the store's own, whatever it is.
    pub(crate) fn new(database: &Database) -> Result<Self> {
        let table = &database.engine.table;
        let body = body("prototype@example.com").to_string();
        let new = NewCustomer::from_json(body.as_bytes())
            .map_err(|faults| anyhow!("the prototype is no customer: {faults:?}"))?;
        let created = database.runtime.block_on(async {
            let store = store(database.address, table)?;
            store
                .create(new, None, Timestamp::now())
                .await
                .context("the prototype cannot be created")
        })?;
        let pk = format!("customer#{}", created.record.customer.id);
        let request = json!({"TableName": table, "Key": {"pk": {"S": pk}}});
        let answer = database
            .engine
            .database
            .get_item(serde_json::from_value(request)?)
            .map_err(|error| anyhow!("the prototype cannot be read: {error}"))?;
        Ok(Self {
            prototype: answer.item.context("the prototype is gone")?,
        })
    }

    /// Loads the customers with these numbers.
    pub(crate) fn load(
        &self,
        database: &Database,
        numbers: std::ops::Range<usize>,
        state: State,
    ) -> Result<()> {
        let engine = &database.engine;
        for start in numbers.clone().step_by(BATCH) {
            let batch = start..numbers.end.min(start + BATCH);
            let items = batch.flat_map(|number| self.items(number, state)).collect();
            engine
                .database
                .import_items(&engine.table, items, ImportOptions::default())
                .map_err(|error| anyhow!("customers cannot be loaded: {error}"))?;
        }
        Ok(())
    }

    /// The items of a customer: the record, and the guard of its username.
    fn items(&self, number: usize, state: State) -> [Item; 2] {
        let id = id(number);
        let username = format!("customer-{number}@example.com");
        let created = moment(number);
        let mut record = self.prototype.clone();
        let mut set = |name: &str, value: String| record.insert(name.to_owned(), AttributeValue::S(value));
        set("pk", format!("customer#{id}"));
        set("id", id.to_string());
        set("listed_at", format!("{created}#{id}"));
        if state == State::Deleted {
            set("listing", "deleted".to_owned());
            set("tm_delete", created.clone());
        }
        set("tm_update", created.clone());
        set("tm_create", created);
        set("username", username.clone());
        let guard = Item::from([
            ("pk".to_owned(), AttributeValue::S(format!("username#{username}"))),
            ("customer_id".to_owned(), AttributeValue::S(id.to_string())),
        ]);
        [record, guard]
    }
}

/// When customer `number` was created, as it is stored.
fn moment(number: usize) -> String {
    let seconds = FIRST as i64 + number as i64;
    chrono::DateTime::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .format("%Y-%m-%d %H:%M:%S.000000")
        .to_string()
}
