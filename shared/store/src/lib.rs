//! Customers in DynamoDB: one table, and one request for nearly everything.
//!
//! Every write carries the condition it depends on, so that a race is decided by the database and not by
//! whoever looked first. A refused write brings the stored item along, which tells unknown, deleted, stale
//! and renamed apart without a second read. `docs/data-model.md` shows the items.
//!
//! | modules | hold |
//! |---|---|
//! | `customer_store` | [`CustomerStore`] |
//! | `create`, `get`, `list`, `update`, `delete`, `import`, `export` | an operation each |
//! | `keys`, `customer_item`, `record`, `listing` | what items look like, and how they are read back |
//! | `change`, `write`, `write_id`, `transaction` | a conditional write: its expressions, sending it, recognising it |
//! | `precondition`, `page`, `idempotency`, `size` | what an operation is asked with |
//! | `error`, `damage`, `retry` | what can go wrong, and what is tried again |

mod change;
mod create;
mod customer_item;
mod customer_store;
mod damage;
mod delete;
mod error;
mod export;
mod get;
mod idempotency;
mod import;
mod keys;
mod list;
mod listing;
mod page;
mod precondition;
mod record;
mod retry;
mod size;
mod transaction;
mod update;
mod write;
mod write_id;

pub use crate::create::Created;
pub use crate::customer_store::CustomerStore;
pub use crate::damage::Damage;
pub use crate::error::{Cause, StoreError};
pub use crate::export::{ExportPage, ExportPosition};
pub use crate::idempotency::Idempotency;
pub use crate::import::Import;
pub use crate::list::Page;
pub use crate::listing::Listing;
pub use crate::page::{PageSize, PageToken};
pub use crate::precondition::Precondition;
pub use crate::record::Record;
pub use crate::retry::PassingFailure;
pub use crate::size::text_size;
