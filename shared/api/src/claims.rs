//! The claims of a verified token that say who calls and what they may do.

use customer::CustomerId;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The claims that this service reads, as the authorizer passes them on. Other claims may have any value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Claims {
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    sub: Option<Value>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    client_id: Option<Value>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    customer_id: Option<Value>,
    /// Scopes, under the name that RFC 8693 and Cognito use.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    scope: Option<Value>,
    /// Scopes, under the name that Okta and Microsoft Entra use.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    scp: Option<Value>,
}

/// The claim `customer_id`.
pub(crate) enum CustomerClaim {
    /// There is none.
    Absent,
    /// It is not a UUID.
    Invalid,
    /// This customer.
    Id(CustomerId),
}

impl Claims {
    /// The token's subject: `sub`, or `client_id` if `sub` is absent or empty.
    pub(crate) fn subject(&self) -> Option<&str> {
        [&self.sub, &self.client_id]
            .into_iter()
            .filter_map(|claim| claim.as_ref()?.as_str())
            .find(|subject| !subject.is_empty())
    }

    /// The customer that the token names.
    pub(crate) fn customer(&self) -> CustomerClaim {
        let Some(claim) = &self.customer_id else {
            return CustomerClaim::Absent;
        };
        let id = claim.as_str().and_then(|text| CustomerId::parse(text).ok());
        id.map_or(CustomerClaim::Invalid, CustomerClaim::Id)
    }

    /// Whether one of the token's scopes is `scope`.
    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        [&self.scope, &self.scp]
            .into_iter()
            .filter_map(|claim| claim.as_ref()?.as_str())
            .any(|scopes| list(scopes).any(|one| one == scope))
    }

    /// The claims that a plain token stands for on a developer's machine: `operator`, `reader` or
    /// `customer:<uuid>`. No deployed function accepts one.
    pub fn of_plain_token(token: &str) -> Option<Self> {
        let text = |text: &str| Some(Value::from(text));
        let claims = Self {
            sub: text(token),
            ..Self::default()
        };
        Some(match token {
            "operator" => Self {
                scope: text("customers/read customers/write"),
                ..claims
            },
            "reader" => Self {
                scope: text("customers/read"),
                ..claims
            },
            _ => Self {
                customer_id: text(
                    token
                        .strip_prefix("customer:")
                        .filter(|id| CustomerId::parse(id).is_ok())?,
                ),
                ..claims
            },
        })
    }
}

/// Reads a claim that is present, so that `null` is not the same as an absent claim.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The words of `a b` or of `[a b]`. API Gateway passes a list on in the second form.
fn list(text: &str) -> impl Iterator<Item = &str> {
    text.strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(text)
        .split_whitespace()
}
