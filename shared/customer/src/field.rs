//! A customer's fields as names and values, for code that stores, shows or measures all of them.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::customer::{Customer, CustomerPatch};
use crate::permission::PermissionId;
use crate::secret::Secret;
use crate::timestamp::Timestamp;

/// A field's value. It has no `Debug`, because it may be a secret in clear text.
#[derive(PartialEq, Eq)]
pub enum FieldValue<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A secret, both in clear text and masked.
    Secret {
        /// The secret in clear text.
        clear: &'a str,
        /// The mask that other callers see.
        masked: &'static str,
    },
    /// A list of ids.
    Ids(&'a [PermissionId]),
}

impl<'a> FieldValue<'a> {
    fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    fn display(value: impl ToString) -> Self {
        Self::Text(Cow::Owned(value.to_string()))
    }

    fn secret<const MAX: usize>(secret: &'a Secret<MAX>) -> Self {
        Self::Secret {
            clear: secret.expose(),
            masked: secret.masked(),
        }
    }
}

impl Customer {
    /// The names of the 12 fields, in the order in which the API shows them.
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

    /// The names of the fields in which this customer differs from what it was `before`, in their order. `tm_update` is
    /// not among them: it says that somebody wrote, not what.
    pub fn changed_since(&self, before: &Self) -> Vec<&'static str> {
        let values = self.values().into_iter().zip(before.values());
        let changed = Self::FIELDS.into_iter().zip(values);
        changed
            .filter(|(name, (now, before))| *name != "tm_update" && now != before)
            .map(|(name, _)| name)
            .collect()
    }

    /// The values of the fields, in the order of [`FIELDS`](Self::FIELDS).
    pub fn values(&self) -> [FieldValue<'_>; Self::FIELDS.len()] {
        let Self {
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
        } = self;
        [
            FieldValue::display(id),
            FieldValue::text(username.as_str()),
            FieldValue::text(name.as_str()),
            FieldValue::text(detail.as_str()),
            FieldValue::text(webhook_method.as_str()),
            FieldValue::text(webhook_uri.as_str()),
            FieldValue::secret(line_secret),
            FieldValue::secret(line_token),
            FieldValue::Ids(permission_ids),
            FieldValue::display(tm_create),
            FieldValue::display(tm_update),
            match tm_delete {
                Some(time) => FieldValue::display(time),
                None => FieldValue::text(Timestamp::NEVER),
            },
        ]
    }

    /// The customer, to be serialised with its secrets in clear text.
    pub fn in_clear(&self) -> WrittenCustomer<'_> {
        WrittenCustomer {
            customer: self,
            in_clear: true,
        }
    }

    /// The customer, to be serialised with its secrets masked.
    pub fn masked(&self) -> WrittenCustomer<'_> {
        WrittenCustomer {
            customer: self,
            in_clear: false,
        }
    }
}

impl CustomerPatch {
    /// The fields that the patch sets, with their names.
    pub fn changes(&self) -> impl Iterator<Item = (&'static str, FieldValue<'_>)> {
        let Self {
            username,
            name,
            detail,
            webhook_method,
            webhook_uri,
            line_secret,
            line_token,
            permission_ids,
        } = self;
        let changes = [
            (
                "username",
                username.as_ref().map(|value| FieldValue::text(value.as_str())),
            ),
            (
                "name",
                name.as_ref().map(|value| FieldValue::text(value.as_str())),
            ),
            (
                "detail",
                detail.as_ref().map(|value| FieldValue::text(value.as_str())),
            ),
            (
                "webhook_method",
                webhook_method
                    .as_ref()
                    .map(|value| FieldValue::text(value.as_str())),
            ),
            (
                "webhook_uri",
                webhook_uri.as_ref().map(|value| FieldValue::text(value.as_str())),
            ),
            ("line_secret", line_secret.as_ref().map(FieldValue::secret)),
            ("line_token", line_token.as_ref().map(FieldValue::secret)),
            ("permission_ids", permission_ids.as_deref().map(FieldValue::Ids)),
        ];
        changes
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
    }
}

/// Serialises a customer as an object with all 12 fields, in order.
pub struct WrittenCustomer<'a> {
    customer: &'a Customer,
    in_clear: bool,
}

impl Serialize for WrittenCustomer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = self.customer.values().into_iter().map(|value| Written {
            value,
            in_clear: self.in_clear,
        });
        serializer.collect_map(Customer::FIELDS.into_iter().zip(values))
    }
}

struct Written<'a> {
    value: FieldValue<'a>,
    in_clear: bool,
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            FieldValue::Text(text) => serializer.serialize_str(text),
            FieldValue::Secret { clear, .. } if self.in_clear => serializer.serialize_str(clear),
            FieldValue::Secret { masked, .. } => serializer.serialize_str(masked),
            FieldValue::Ids(ids) => serializer.collect_seq(ids.iter().map(ToString::to_string)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::NewCustomer;

    #[test]
    fn a_customer_is_serialised_with_all_12_fields_in_order() {
        let new = NewCustomer::from_json(br#"{"username":"a","line_token":"made-up"}"#).unwrap();
        let now = Timestamp::parse("2026-01-02 03:04:05.000006").unwrap();
        let customer = Customer::register(new, now);
        let written = |token: &str| {
            format!(
                concat!(
                    r#"{{"id":"{}","username":"a","name":"","detail":"","webhook_method":"POST","webhook_uri":"","#,
                    r#""line_secret":"","line_token":"{}","permission_ids":[],"tm_create":"2026-01-02 03:04:05.000006","#,
                    r#""tm_update":"2026-01-02 03:04:05.000006","tm_delete":"9999-01-01 00:00:00.000000"}}"#
                ),
                customer.id, token
            )
        };
        assert_eq!(
            serde_json::to_string(&customer.in_clear()).unwrap(),
            written("made-up")
        );
        assert_eq!(
            serde_json::to_string(&customer.masked()).unwrap(),
            written("********")
        );
    }
}
