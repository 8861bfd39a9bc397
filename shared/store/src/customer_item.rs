//! A customer's item when it is created. [`record`](crate::record) reads it back.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::author::{Author, WRITTEN_BY};
use crate::error::{Cause, StoreError};
use crate::keys::{Item, customer_key, listed_at};
use crate::listing::Listing;
use crate::record::Record;
use crate::write_id::WriteId;

/// The item of a record that `write` creates for `by`: the 12 fields as the API shows them, with secrets in clear text, and the
/// attributes that the store needs.
///
/// # Errors
/// [`StoreError::Internal`] if it cannot be serialised.
pub(crate) fn customer_item(record: &Record, write: WriteId, by: &Author) -> Result<Item, StoreError> {
    let Record { customer, version } = record;
    let listing = Listing::of(customer);
    let mut item: Item = serde_dynamo::to_item(customer.in_clear()).map_err(|error| {
        StoreError::Internal(Cause::new(format!(
            "a customer cannot be written as an item: {error}"
        )))
    })?;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    item.extend(
        [
            ("pk", customer_key(customer.id)),
            ("version", AttributeValue::N(version.to_string())),
            ("listing", text(listing.as_str())),
            ("listed_at", text(&listed_at(customer.tm_create, customer.id))),
            ("writes", write.first()),
            (WRITTEN_BY, by.value()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    Ok(item)
}

#[cfg(test)]
mod tests {
    use customer::{Customer, NewCustomer, Timestamp};

    use super::*;
    use crate::keys::guard_key;
    use crate::record::PROJECTION;
    use crate::tombstone::ERASED_AT;

    fn stored() -> Record {
        let new = br#"{"username":"Anna","line_secret":"made-up","permission_ids":["03796e14-7cb4-11ec-9dba-e72023efd1c6"]}"#;
        let now = Timestamp::parse("2026-01-02 03:04:05.000006").unwrap();
        Record {
            customer: Customer::register(NewCustomer::from_json(new).unwrap(), now),
            version: 1,
        }
    }

    #[test]
    fn a_stored_record_is_read_back_unchanged() {
        let record = stored();
        let item = customer_item(&record, WriteId::generate(), &Author::import()).unwrap();
        assert_eq!(crate::record::record(item).unwrap(), record);
    }

    #[test]
    fn a_record_is_read_from_the_attributes_of_its_projection() {
        let new = br#"{"username":"anna","name":"Anna","detail":"d","webhook_method":"POST","webhook_uri":"https://a.example/",
            "line_secret":"s","line_token":"t","permission_ids":["03796e14-7cb4-11ec-9dba-e72023efd1c6"]}"#;
        let [created, deleted] = ["2026-01-02 03:04:05.000006", "2026-01-03 03:04:05.000006"]
            .map(|time| Timestamp::parse(time).unwrap());
        let mut customer = Customer::register(NewCustomer::from_json(new).unwrap(), created);
        (customer.tm_update, customer.tm_delete) = (deleted, Some(deleted));
        let record = Record { customer, version: 7 };
        let mut item = customer_item(&record, WriteId::generate(), &Author::import()).unwrap();
        let projected: Vec<_> = PROJECTION
            .split(',')
            .map(|name| name.trim_start_matches('#'))
            .collect();
        item.retain(|name, _| projected.contains(&&**name));
        assert_eq!(crate::record::record(item).unwrap(), record);
        assert!(projected.contains(&ERASED_AT));
    }

    #[test]
    fn an_item_has_the_keys_of_the_data_model() {
        let record = stored();
        let item = customer_item(&record, WriteId::generate(), &Author::import()).unwrap();
        let id = record.customer.id;
        assert_eq!(item["pk"], AttributeValue::S(format!("customer#{id}")));
        assert_eq!(item["listing"], AttributeValue::S("live".to_owned()));
        let listed_at = format!("2026-01-02 03:04:05.000006#{id}");
        assert_eq!(item["listed_at"], AttributeValue::S(listed_at));
        assert_eq!(
            guard_key(&record.customer.username),
            AttributeValue::S("username#anna".to_owned())
        );
    }
}
