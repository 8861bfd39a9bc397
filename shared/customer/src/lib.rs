//! The customer: what it is made of, and how one is read from a document and written to one.
//!
//! Each field has a type of its own that is made by its `parse` and cannot hold a value that the contract forbids.
//! This crate knows JSON and time, but neither HTTP nor AWS.
//!
//! | module | holds |
//! |---|---|
//! | `customer` | [`Customer`] with its 12 fields, [`NewCustomer`] and [`CustomerPatch`] |
//! | `id`, `username`, `name`, `detail`, `webhook_method`, `webhook_uri`, `secret`, `timestamp` | a field's type and its rule |
//! | `text` | what the types of text have in common |
//! | `host` | which hosts a webhook may be sent to |
//! | `field` | a customer's fields one by one, and a customer written as JSON |
//! | `members`, `document`, `new`, `existing` | reading a document, with every fault it has |
//! | `fault` | what is wrong with a value, and where |
//! | `permission` | the permission catalogue |

mod customer;
mod detail;
mod document;
mod existing;
mod fault;
mod field;
mod host;
mod id;
mod members;
mod name;
mod new;
mod permission;
mod secret;
mod text;
mod timestamp;
mod username;
mod webhook_method;
mod webhook_uri;

pub use crate::customer::{Customer, CustomerPatch, NewCustomer};
pub use crate::detail::Detail;
pub use crate::existing::InvalidCustomer;
pub use crate::fault::{Fault, FaultAt, FaultCode, MAX_FAULTS, pointer_to};
pub use crate::field::{FieldValue, WrittenCustomer};
pub use crate::id::CustomerId;
pub use crate::name::Name;
pub use crate::permission::{MAX_PERMISSIONS, Permission, PermissionId, catalogue};
pub use crate::secret::{LineSecret, LineToken, MASK};
pub use crate::timestamp::Timestamp;
pub use crate::username::Username;
pub use crate::webhook_method::WebhookMethod;
pub use crate::webhook_uri::WebhookUri;
