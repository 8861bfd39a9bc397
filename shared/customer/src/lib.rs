//! The customer model: its fields and their rules, and how a customer is read from JSON and written to it.
//!
//! Each field has its own type. What callers send goes through the type's `parse`, which refuses what the contract
//! forbids. This crate knows JSON and time, but neither HTTP nor AWS.
//!
//! | module | holds |
//! |---|---|
//! | `customer` | [`Customer`] with its 12 fields, [`NewCustomer`] and [`CustomerPatch`] |
//! | `id`, `username`, `name`, `detail`, `webhook_method`, `webhook_uri`, `secret`, `timestamp` | a field's type and its rule |
//! | `text` | what the text types have in common |
//! | `host` | which hosts a webhook may be sent to |
//! | `signing_secret` | what signs a customer's webhooks |
//! | `field` | a customer's fields as names and values, and a customer as JSON |
//! | `members`, `document`, `new`, `existing` | reading a document and collecting every fault in it |
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
mod signing_secret;
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
pub use crate::host::{allow_loopback_webhooks, is_loopback, is_public};
pub use crate::id::CustomerId;
pub use crate::name::Name;
pub use crate::permission::{Permission, PermissionId, catalogue};
pub use crate::secret::{LineSecret, LineToken, MASK};
pub use crate::signing_secret::SigningSecret;
pub use crate::timestamp::Timestamp;
pub use crate::username::Username;
pub use crate::webhook_method::WebhookMethod;
pub use crate::webhook_uri::WebhookUri;
