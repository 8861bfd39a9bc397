//! A record as the API answers it: its members in their order, and those that this program does not know, too.

use std::fmt;

use anyhow::{Result, anyhow};
use customer::MASK;
use registry_client::visible_json;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// The members that are secrets, of a customer.
const SECRETS: [&str; 2] = ["line_secret", "line_token"];

/// The members of a JSON object, with their values as JSON.
pub(crate) struct Record(Vec<(String, Box<RawValue>)>);

impl Record {
    /// # Errors
    /// A sentence that does not quote the value, because it may contain secrets.
    pub(crate) fn read(value: &RawValue) -> Result<Self> {
        serde_json::from_str(value.get()).map_err(|_| anyhow!("a record in the answer is no object"))
    }

    /// The names and the values.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), &**value))
    }

    /// A member as text, `""` if it is absent.
    pub(crate) fn text(&self, name: &str) -> String {
        let member = self.members().find(|(member, _)| *member == name);
        member.map(|(_, value)| text(value)).unwrap_or_default()
    }

    /// The record with a mask in place of each secret, and of each secret in an event's `data`.
    ///
    /// # Errors
    /// None: it only rewrites what was read.
    pub(crate) fn masked(self) -> Result<Self> {
        let mask = |(name, value): (String, Box<RawValue>)| {
            let value = if SECRETS.contains(&name.as_str()) {
                match value.get() {
                    "\"\"" => value,
                    _ => to_raw_value(MASK)?,
                }
            } else if let Ok(inner) = serde_json::from_str::<Self>(value.get()) {
                to_raw_value(&inner.masked()?)?
            } else {
                value
            };
            Ok((name, value))
        };
        self.0.into_iter().map(mask).collect::<Result<_>>().map(Self)
    }

    /// One line of JSON.
    ///
    /// # Errors
    /// None: it only writes what was read.
    pub(crate) fn line(&self) -> Result<String> {
        Ok(visible_json(&serde_json::to_string(self)?) + "\n")
    }
}

/// A value as people read it: a text without its quotes, anything else as JSON.
pub(crate) fn text(value: &RawValue) -> String {
    serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned())
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.members())
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Record(members))
    }
}

#[cfg(test)]
mod tests {
    use customer::{Customer, FieldValue, NewCustomer, Timestamp};

    use super::*;

    fn record(text: &str) -> Record {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn all_secrets_of_a_customer_are_masked() {
        let new = NewCustomer::from_json(br#"{"username":"a"}"#).unwrap();
        let customer = Customer::register(new, Timestamp::now());
        let fields = Customer::FIELDS.into_iter().zip(customer.values());
        let secrets = fields.filter(|(_, value)| matches!(value, FieldValue::Secret { .. }));
        let secrets: Vec<_> = secrets.map(|(name, _)| name).collect();
        assert_eq!(secrets, SECRETS);
    }

    #[test]
    fn a_masked_record_has_its_members_in_order_and_no_secret() {
        let text = r#"{"z":1.50,"line_token":"planted","a":[{"b":2}],"data":{"y":0,"line_secret":"planted"},"line_secret":""}"#;
        let masked = record(text).masked().unwrap();
        assert_eq!(masked.line().unwrap(), text.replace("planted", MASK) + "\n");
        let odd = record(r#"{"line_token":["planted"],"line_secret":null}"#);
        assert!(!odd.masked().unwrap().line().unwrap().contains("planted"));
    }

    #[test]
    fn a_member_is_shown_without_its_quotes() {
        let record = record(r#"{"name":"\"Anna\" Ltd","size":2}"#);
        assert_eq!(record.text("name"), "\"Anna\" Ltd");
        assert_eq!(record.text("size"), "2");
        assert_eq!(record.text("other"), "");
    }
}
