//! The customer: what it is made of, and how one is read from a request.
//!
//! Each field has a type of its own that cannot hold a value the contract forbids; it is made by its
//! `parse` and by nothing else. The model knows JSON and time, but neither HTTP nor AWS.

mod address;
mod detail;
mod document;
mod existing;
mod fault;
mod id;
mod name;
mod secret;
mod timestamp;
mod username;
mod webhook_method;
mod webhook_uri;

pub use detail::Detail;
pub use existing::Rejected;
pub(crate) use fault::pointer_to;
pub use fault::{Fault, FaultCode, Invalid, MAX_FAULTS};
pub use id::CustomerId;
pub(crate) use id::parse_uuid;
pub use name::Name;
pub use secret::{LineSecret, LineToken, MASK};
pub use timestamp::Timestamp;
pub use username::Username;
pub use webhook_method::WebhookMethod;
pub use webhook_uri::WebhookUri;

use crate::permission::PermissionId;

/// A registered customer: the 12 public fields, in the order of the reference page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Made by the service, never changed.
    pub id: CustomerId,
    /// The login name, unique across the platform without regard to case.
    pub username: Username,
    /// The display name of the organisation; may be empty.
    pub name: Name,
    /// Notes about the account; may be empty.
    pub detail: Detail,
    /// How webhooks are sent.
    pub webhook_method: WebhookMethod,
    /// Where webhooks are sent; may be empty.
    pub webhook_uri: WebhookUri,
    /// The LINE channel secret; may be empty.
    pub line_secret: LineSecret,
    /// The LINE channel access token; may be empty.
    pub line_token: LineToken,
    /// Default permissions of the customer's resources.
    pub permission_ids: Vec<PermissionId>,
    /// When it was created.
    pub tm_create: Timestamp,
    /// When it was last updated; deletion and restoration do not move it.
    pub tm_update: Timestamp,
    /// When it was deleted; `None` while it lives, which the contract writes as [`Timestamp::NEVER`].
    pub tm_delete: Option<Timestamp>,
}

impl Customer {
    /// The names of the 12 fields, in their order.
    pub const FIELDS: [&'static str; 12] = [
        "id",
        "username",
        "name",
        "detail",
        "webhook_method",
        "webhook_uri",
        "line_secret",
        "line_token",
        "permission_ids",
        "tm_create",
        "tm_update",
        "tm_delete",
    ];

    /// A new customer with an id of its own, created at `now`.
    pub fn register(new: NewCustomer, now: Timestamp) -> Self {
        Self {
            id: CustomerId::generate(),
            username: new.username,
            name: new.name,
            detail: new.detail,
            webhook_method: new.webhook_method,
            webhook_uri: new.webhook_uri,
            line_secret: new.line_secret,
            line_token: new.line_token,
            permission_ids: new.permission_ids,
            tm_create: now,
            tm_update: now,
            tm_delete: None,
        }
    }

    /// This customer after an update at `now`.
    #[must_use]
    pub fn patched(mut self, patch: CustomerPatch, now: Timestamp) -> Self {
        fn replace<T>(field: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *field = value;
            }
        }
        replace(&mut self.username, patch.username);
        replace(&mut self.name, patch.name);
        replace(&mut self.detail, patch.detail);
        replace(&mut self.webhook_method, patch.webhook_method);
        replace(&mut self.webhook_uri, patch.webhook_uri);
        replace(&mut self.line_secret, patch.line_secret);
        replace(&mut self.line_token, patch.line_token);
        replace(&mut self.permission_ids, patch.permission_ids);
        self.tm_update = now;
        self
    }

    /// Whether the customer has been deleted and not restored since.
    pub fn is_deleted(&self) -> bool {
        self.tm_delete.is_some()
    }
}

/// What a request to create a customer says, with defaults where it says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCustomer {
    /// Required.
    pub username: Username,
    /// Default: empty.
    pub name: Name,
    /// Default: empty.
    pub detail: Detail,
    /// Default: `POST`.
    pub webhook_method: WebhookMethod,
    /// Default: empty.
    pub webhook_uri: WebhookUri,
    /// Default: empty.
    pub line_secret: LineSecret,
    /// Default: empty.
    pub line_token: LineToken,
    /// Default: none.
    pub permission_ids: Vec<PermissionId>,
}

/// What a request to update a customer says: `None` leaves a field as it is, an empty value clears it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerPatch {
    /// A new login name.
    pub username: Option<Username>,
    /// A new display name.
    pub name: Option<Name>,
    /// New notes.
    pub detail: Option<Detail>,
    /// A new webhook method.
    pub webhook_method: Option<WebhookMethod>,
    /// A new webhook address.
    pub webhook_uri: Option<WebhookUri>,
    /// A new LINE channel secret.
    pub line_secret: Option<LineSecret>,
    /// A new LINE channel access token.
    pub line_token: Option<LineToken>,
    /// New permissions, in place of all the old ones.
    pub permission_ids: Option<Vec<PermissionId>>,
}
