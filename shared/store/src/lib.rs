//! Customers in DynamoDB: one table for them, one for their history, and one request for nearly every operation.
//!
//! Every write carries its conditions, so that the database decides every race. A refused write returns the stored
//! item. That shows whether the customer is unknown, deleted, stale or renamed, without a second read.
//! `docs/data-model.md` shows the items.
//!
//! | modules | hold |
//! |---|---|
//! | `customer_store` | [`CustomerStore`] |
//! | `create`, `get`, `find`, `list`, `update`, `delete`, `restore`, `erase`, `import`, `check_import`, `export` | one operation each; `rename` is the second request of an update |
//! | `history` | the table of events, and what became of their deliveries |
//! | `keys`, `customer_item`, `record`, `listing`, `author`, `tombstone` | what items look like, and how they are read back |
//! | `image` | an item as the table's stream shows it |
//! | `webhook` | the state of a customer's webhook, and its secret |
//! | `change`, `write`, `write_id`, `transaction`, `relist` | a conditional write, and how a retry recognises it |
//! | `precondition`, `page`, `token`, `idempotency`, `size` | the parameters of operations |
//! | `error`, `damage`, `retry` | what can go wrong, and what is retried |

mod author;
mod change;
mod check_import;
mod create;
mod customer_item;
mod customer_store;
mod damage;
mod delete;
mod erase;
mod error;
mod export;
mod find;
mod get;
mod history;
mod idempotency;
mod image;
mod import;
mod keys;
mod list;
mod listing;
mod page;
mod precondition;
mod record;
mod relist;
mod rename;
mod restore;
mod retry;
mod size;
mod token;
mod tombstone;
mod transaction;
mod update;
mod webhook;
mod write;
mod write_id;

pub use crate::author::Author;
pub use crate::create::Created;
pub use crate::customer_store::CustomerStore;
pub use crate::damage::Damage;
pub use crate::error::{Cause, StoreError};
pub use crate::export::{ExportPage, ExportPosition};
pub use crate::history::{Attempt, DeliveryState, History, HistoryPage, HistoryToken, Row};
pub use crate::idempotency::Idempotency;
pub use crate::image::{Image, Imaged};
pub use crate::import::Import;
pub use crate::list::Page;
pub use crate::listing::Listing;
pub use crate::page::{PageSize, PageToken};
pub use crate::precondition::Precondition;
pub use crate::record::Record;
pub use crate::retry::TransientFailure;
pub use crate::size::text_size;
pub use crate::tombstone::Tombstone;
pub use crate::webhook::{Disabled, Endpoint, Failure, Webhook};
