//! Reads customers from their items.
//!
//! Stored values are not checked again: they were valid by the rules in force when they were written. So a rule can
//! become stricter and a field can be added without a migration. A field that an item lacks has its default.

use aws_sdk_dynamodb::types::AttributeValue;
use customer::{
    Customer, CustomerId, Detail, LineSecret, LineToken, Name, PermissionId, Timestamp, Username,
    WebhookMethod, WebhookUri,
};

use crate::damage::Damage;
use crate::error::StoreError;
use crate::keys::Item;
use crate::tombstone::erased_at;

/// A customer as stored: the record and the number of its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The 12 public fields.
    pub customer: Customer,
    /// 1 at creation; every write adds one.
    pub version: u64,
}

/// The attributes from which [`read`] reads a record, as a projection expression. `#name` is `name`, a reserved word.
pub(crate) const PROJECTION: &str = "pk,version,erased_at,username,#name,detail,webhook_method,webhook_uri,line_secret,\
                                     line_token,permission_ids,tm_create,tm_update,tm_delete";

/// Reads the record in a customer's item, for an operation on this one customer.
///
/// # Errors
/// [`StoreError::Erased`], or [`StoreError::Damaged`], which is logged.
pub(crate) fn read(item: Item) -> Result<Record, StoreError> {
    if let Some(erased_at) = erased_at(&item) {
        return Err(StoreError::Erased(erased_at));
    }
    record(item).map_err(|damage| {
        damage.log();
        StoreError::Damaged(damage)
    })
}

/// Reads the record in a customer's item.
///
/// # Errors
/// The first attribute that cannot be read.
pub(crate) fn record(item: Item) -> Result<Record, Damage> {
    let mut stored = Stored(item);
    stored.record().map_err(|attribute| Damage {
        key: stored.key(),
        attribute,
    })
}

/// The version in a customer's item.
pub(crate) fn version(item: &Item) -> Option<u64> {
    item.get("version")?.as_n().ok()?.parse().ok()
}

/// An item that is being read: its attributes are removed one by one. The methods fail with the attribute's name.
struct Stored(Item);

impl Stored {
    fn record(&mut self) -> Result<Record, &'static str> {
        let id = self.key();
        let id = id.strip_prefix("customer#").ok_or("pk")?;
        let tm_create = self.timestamp("tm_create")?.ok_or("tm_create")?;
        let customer = Customer {
            id: CustomerId::parse(id).map_err(|_| "pk")?,
            username: self
                .text("username")?
                .map(Username::from_stored)
                .ok_or("username")?,
            name: self.text("name")?.map(Name::from_stored).unwrap_or_default(),
            detail: self.text("detail")?.map(Detail::from_stored).unwrap_or_default(),
            webhook_method: self
                .text("webhook_method")?
                .map(WebhookMethod::from_stored)
                .unwrap_or_default(),
            webhook_uri: self
                .text("webhook_uri")?
                .map(WebhookUri::from_stored)
                .unwrap_or_default(),
            line_secret: self
                .text("line_secret")?
                .map(LineSecret::from_stored)
                .unwrap_or_default(),
            line_token: self
                .text("line_token")?
                .map(LineToken::from_stored)
                .unwrap_or_default(),
            permission_ids: self.permission_ids()?,
            tm_create,
            tm_update: self.timestamp("tm_update")?.unwrap_or(tm_create),
            tm_delete: self.time_of_deletion()?,
        };
        Ok(Record {
            customer,
            version: version(&self.0).ok_or("version")?,
        })
    }

    fn key(&self) -> String {
        let key = self.0.get("pk").and_then(|key| key.as_s().ok());
        key.cloned().unwrap_or_default()
    }

    fn text(&mut self, attribute: &'static str) -> Result<Option<String>, &'static str> {
        match self.0.remove(attribute) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(attribute),
        }
    }

    fn timestamp(&mut self, attribute: &'static str) -> Result<Option<Timestamp>, &'static str> {
        let text = self.text(attribute)?;
        text.map(|text| Timestamp::parse(&text).map_err(|_| attribute))
            .transpose()
    }

    /// `None` if the customer is not deleted: the attribute is absent or [`Timestamp::NEVER`].
    fn time_of_deletion(&mut self) -> Result<Option<Timestamp>, &'static str> {
        const ATTRIBUTE: &str = "tm_delete";
        match self.0.get(ATTRIBUTE) {
            Some(AttributeValue::S(text)) if text == Timestamp::NEVER => Ok(None),
            _ => self.timestamp(ATTRIBUTE),
        }
    }

    fn permission_ids(&mut self) -> Result<Vec<PermissionId>, &'static str> {
        const ATTRIBUTE: &str = "permission_ids";
        let ids = match self.0.remove(ATTRIBUTE) {
            None => return Ok(Vec::new()),
            Some(AttributeValue::L(ids)) => ids,
            Some(_) => return Err(ATTRIBUTE),
        };
        let id = |value: &AttributeValue| PermissionId::parse(value.as_s().ok()?).ok();
        ids.iter().map(|value| id(value).ok_or(ATTRIBUTE)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "customer#5e4a0680-804e-11ec-8477-2fea5968d85b";

    fn text(text: &str) -> AttributeValue {
        AttributeValue::S(text.to_owned())
    }

    /// The smallest item from which a customer can be read.
    fn minimal() -> Item {
        let attributes = [
            ("pk", text(KEY)),
            ("username", text("anna")),
            ("tm_create", text("2022-02-01 00:00:00.000000")),
            ("version", AttributeValue::N("7".to_owned())),
        ];
        attributes.map(|(name, value)| (name.to_owned(), value)).into()
    }

    fn with(attribute: &str, value: AttributeValue) -> Item {
        let mut item = minimal();
        item.insert(attribute.to_owned(), value);
        item
    }

    #[test]
    fn a_field_that_an_item_lacks_has_its_default() {
        let Record { customer, version } = record(minimal()).unwrap();
        assert_eq!(version, 7);
        assert_eq!(customer.name, Name::default());
        assert_eq!(customer.webhook_method, WebhookMethod::default());
        assert_eq!(customer.line_token, LineToken::default());
        assert_eq!(customer.tm_update, customer.tm_create);
        assert!(!customer.is_deleted());
    }

    #[test]
    fn a_stored_value_is_read_even_if_it_breaks_todays_rules() {
        let long = "n".repeat(300);
        let customer = |attribute, value: &str| record(with(attribute, text(value))).unwrap().customer;
        assert_eq!(
            customer("username", "no username").username.as_str(),
            "no username"
        );
        assert_eq!(customer("name", &long).name.as_str(), long);
        assert_eq!(
            customer("webhook_method", "PATCH").webhook_method.as_str(),
            "PATCH"
        );
        assert_eq!(
            customer("webhook_uri", "http://localhost").webhook_uri.as_str(),
            "http://localhost"
        );
        assert_eq!(
            customer("line_secret", "made-up\n").line_secret.expose(),
            "made-up\n"
        );
    }

    #[test]
    fn damage_names_the_key_and_the_attribute_but_no_value() {
        let number = || AttributeValue::N("5".to_owned());
        for (attribute, value) in [
            ("username", Some(number())),
            ("username", None),
            ("line_secret", Some(number())),
            ("tm_create", Some(text("yesterday"))),
            ("tm_create", None),
            ("tm_delete", Some(text("made-up"))),
            ("permission_ids", Some(text("made-up"))),
            ("permission_ids", Some(AttributeValue::L(vec![text("made-up")]))),
            ("version", Some(text("made-up"))),
            ("version", None),
        ] {
            let mut item = minimal();
            item.remove(attribute);
            item.extend(value.map(|value| (attribute.to_owned(), value)));
            let damage = record(item).unwrap_err();
            assert_eq!((damage.key.as_str(), damage.attribute), (KEY, attribute));
            assert!(!format!("{damage} {damage:?}").contains("made-up"));
        }
        let foreign = with("pk", text("username#anna"));
        assert_eq!(record(foreign).unwrap_err().attribute, "pk");
    }
}
