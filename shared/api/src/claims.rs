//! The claims of a verified token that say who calls and what they may do.

use customer::CustomerId;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The claims that are read, each as the authorizer passes it on. The others may hold anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Claims {
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    sub: Option<Value>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    client_id: Option<Value>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    customer_id: Option<Value>,
    /// Scopes as RFC 8693 names the claim, and Cognito.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    scope: Option<Value>,
    /// Scopes as Okta and Microsoft Entra name the claim.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    scp: Option<Value>,
}

impl Claims {
    /// Whose token it is: `sub`, or `client_id` where that says nothing.
    pub(crate) fn subject(&self) -> Option<&str> {
        [&self.sub, &self.client_id]
            .into_iter()
            .filter_map(|claim| claim.as_ref()?.as_str())
            .find(|subject| !subject.is_empty())
    }

    /// The customer that the token names: `None` without the claim, `Some(None)` if it holds anything but a UUID.
    pub(crate) fn customer(&self) -> Option<Option<CustomerId>> {
        let claim = self.customer_id.as_ref()?;
        Some(claim.as_str().and_then(|text| CustomerId::parse(text).ok()))
    }

    /// Whether one of the token's scopes is `scope`.
    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        [&self.scope, &self.scp]
            .into_iter()
            .filter_map(|claim| claim.as_ref()?.as_str())
            .any(|scopes| list(scopes).any(|one| one == scope))
    }

    /// The claims that a plain token stands for on a developer's machine: `operator`, `reader` or
    /// `customer:<uuid>`. Nothing deployed takes one.
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

/// A claim that is there, whatever it holds: a `null` is not the same as no claim.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The words of `a b`, or of `[a b]`, which is how API Gateway passes on a claim that is a list.
fn list(text: &str) -> impl Iterator<Item = &str> {
    text.strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(text)
        .split_whitespace()
}
