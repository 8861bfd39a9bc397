//! The queue's messages, and how they are stored.

use std::collections::BTreeMap;
use std::time::SystemTime;

use anyhow::{Context, Result};
use dynoxide::Database;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::database::LocalTable;

/// A received message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id, which is also its receipt handle.
    pub id: String,
    /// What was sent.
    pub body: String,
    /// How often it was received, this time included.
    pub receives: usize,
}

impl Message {
    pub(super) fn of(number: u64, entry: &Entry) -> Self {
        Self {
            id: number.to_string(),
            body: entry.body.clone(),
            receives: entry.receives,
        }
    }

    /// Lambda's event for this message.
    pub fn to_event(&self) -> Value {
        json!({"Records": [{
            "messageId": self.id,
            "receiptHandle": self.id,
            "body": self.body,
            "attributes": {"ApproximateReceiveCount": self.receives.to_string()},
        }]})
    }
}

/// A message in the queue.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) group: String,
    pub(super) body: String,
    pub(super) receives: usize,
    pub(super) visible_at: SystemTime,
    /// Whether it was received and not given back.
    #[serde(skip)]
    pub(super) is_held: bool,
}

impl Entry {
    pub(super) fn new(group: String, body: String, visible_at: SystemTime) -> Self {
        Self {
            group,
            body,
            receives: 0,
            visible_at,
            is_held: false,
        }
    }
}

/// The messages in the database.
pub(super) struct Stored(LocalTable);

impl Stored {
    pub(super) fn open(database: &Database) -> Result<Self> {
        Ok(Self(LocalTable::open(database)?))
    }

    pub(super) fn load(&self) -> Result<BTreeMap<u64, Entry>> {
        let rows = self.0.rows("message#")?;
        let read = |(key, value): (String, String)| {
            let number = key.parse().context("a message of the queue has no number")?;
            let entry = serde_json::from_str(&value).context("a message of the queue cannot be read")?;
            Ok((number, entry))
        };
        rows.into_iter().map(read).collect()
    }

    pub(super) fn put(&self, number: u64, entry: &Entry) -> Result<()> {
        self.0
            .put(&format!("message#{number}"), &serde_json::to_string(entry)?)
    }

    pub(super) fn remove(&self, number: u64) -> Result<()> {
        self.0.remove(&format!("message#{number}"))
    }
}
