//! Customers in DynamoDB: one table, and one request for nearly everything.
//!
//! Every write carries the condition it depends on, so that a race is decided by the database and not by
//! whoever looked first. A refused write brings the stored item along, which tells unknown, deleted, stale
//! and renamed apart without a second read. `docs/data-model.md` shows the items.

mod change;
mod create;
mod delete;
mod error;
mod export;
mod get;
mod idempotency;
mod import;
mod item;
mod list;
mod page;
mod precondition;
mod record;
mod retry;
mod update;
mod write;
mod write_id;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

pub use create::Created;
pub use error::{Cause, StoreError};
pub use export::{ExportPage, ExportPosition};
pub use idempotency::Idempotency;
pub use import::Import;
pub use list::{Page, text_of};
pub use page::{PageSize, PageToken};
pub use precondition::Precondition;
pub use record::Damage;
pub use retry::PassingFailure;

use crate::customer::Customer;

/// A customer as stored: the record and the number of its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The 12 public fields.
    pub customer: Customer,
    /// 1 at creation, one more with every write.
    pub version: u64,
}

/// Which list a customer stands in: the partition key of the index `listing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Those that live.
    Live,
    /// Those that have been deleted.
    Deleted,
}

impl Listing {
    fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Deleted => "deleted",
        }
    }
}

/// The customers' table. Cloning shares the connection.
#[derive(Clone, Debug)]
pub struct CustomerStore {
    client: Client,
    table: Arc<str>,
}

impl CustomerStore {
    /// The store in the table named `table`, reached through `client`.
    ///
    /// The client should retry what [`PassingFailure`] classifies.
    pub fn new(client: Client, table: impl Into<Arc<str>>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }
}
