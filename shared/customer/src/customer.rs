//! A customer, a new one, and a change to one.

use crate::detail::Detail;
use crate::id::CustomerId;
use crate::name::Name;
use crate::permission::PermissionId;
use crate::secret::{LineSecret, LineToken};
use crate::timestamp::Timestamp;
use crate::username::Username;
use crate::webhook_method::WebhookMethod;
use crate::webhook_uri::WebhookUri;

/// A registered customer: the 12 public fields, in the order in which the API shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Assigned by the service; never changes.
    pub id: CustomerId,
    /// The login name. It is unique across the platform, ignoring case.
    pub username: Username,
    /// The display name of the organisation; may be empty.
    pub name: Name,
    /// Notes about the account; may be empty.
    pub detail: Detail,
    /// The HTTP method of webhook requests.
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
    /// When it was last updated; deletion and restoration do not change it.
    pub tm_update: Timestamp,
    /// When it was deleted. `None` for a live customer, which the API shows as [`Timestamp::NEVER`].
    pub tm_delete: Option<Timestamp>,
}

impl Customer {
    /// A new customer with a generated id, created at `now`.
    pub fn register(new: NewCustomer, now: Timestamp) -> Self {
        Self::of(new, CustomerId::generate(), now, now, None)
    }

    /// A customer with the fields of `new`, and those that the service sets.
    pub(crate) fn of(
        new: NewCustomer,
        id: CustomerId,
        tm_create: Timestamp,
        tm_update: Timestamp,
        tm_delete: Option<Timestamp>,
    ) -> Self {
        let NewCustomer {
            username,
            name,
            detail,
            webhook_method,
            webhook_uri,
            line_secret,
            line_token,
            permission_ids,
        } = new;
        Self {
            id,
            username,
            name,
            detail,
            webhook_method,
            webhook_uri,
            line_secret,
            line_token,
            permission_ids,
            tm_create,
            tm_update,
            tm_delete,
        }
    }

    /// This customer after an update at `now`.
    #[must_use]
    pub fn patched(self, patch: CustomerPatch, now: Timestamp) -> Self {
        let CustomerPatch {
            username,
            name,
            detail,
            webhook_method,
            webhook_uri,
            line_secret,
            line_token,
            permission_ids,
        } = patch;
        Self {
            id: self.id,
            username: username.unwrap_or(self.username),
            name: name.unwrap_or(self.name),
            detail: detail.unwrap_or(self.detail),
            webhook_method: webhook_method.unwrap_or(self.webhook_method),
            webhook_uri: webhook_uri.unwrap_or(self.webhook_uri),
            line_secret: line_secret.unwrap_or(self.line_secret),
            line_token: line_token.unwrap_or(self.line_token),
            permission_ids: permission_ids.unwrap_or(self.permission_ids),
            tm_create: self.tm_create,
            tm_update: now,
            tm_delete: self.tm_delete,
        }
    }

    /// Whether the customer has been deleted and not restored since.
    pub fn is_deleted(&self) -> bool {
        self.tm_delete.is_some()
    }

    /// Whether there is an address to send webhooks to, and a method to send them with.
    pub fn has_webhook(&self) -> bool {
        !self.webhook_uri.as_str().is_empty() && !self.webhook_method.as_str().is_empty()
    }
}

/// The fields of a request to create a customer, with defaults for those it leaves out.
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

/// The fields of a request to update a customer. `None` leaves a field as it is, and an empty value clears it.
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

impl NewCustomer {
    /// A new customer with this username and the fields that `patch` sets. The other fields have their defaults.
    pub(crate) fn new(username: Username, patch: CustomerPatch) -> Self {
        let CustomerPatch {
            username: _,
            name,
            detail,
            webhook_method,
            webhook_uri,
            line_secret,
            line_token,
            permission_ids,
        } = patch;
        Self {
            username,
            name: name.unwrap_or_default(),
            detail: detail.unwrap_or_default(),
            webhook_method: webhook_method.unwrap_or_default(),
            webhook_uri: webhook_uri.unwrap_or_default(),
            line_secret: line_secret.unwrap_or_default(),
            line_token: line_token.unwrap_or_default(),
            permission_ids: permission_ids.unwrap_or_default(),
        }
    }
}
