//! What items look like in the table.

use std::borrow::Cow;
use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use super::write_id::WriteId;
use super::{Cause, Listing, Record, StoreError};
use crate::customer::{Customer, CustomerId, Timestamp, Username};
use crate::permission::PermissionId;

/// An item as the SDK holds it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The partition key of a customer's item.
pub(super) fn customer_key(id: CustomerId) -> AttributeValue {
    AttributeValue::S(format!("customer#{id}"))
}

/// The partition key of the guard that makes a username unique.
pub(super) fn guard_key(username: &Username) -> AttributeValue {
    AttributeValue::S(format!("username#{}", username.key()))
}

/// A customer's place in its list: later created is greater, and no two are equal.
pub(super) fn listed_at(tm_create: Timestamp, id: CustomerId) -> String {
    format!("{tm_create}#{id}")
}

/// The item of a username guard.
pub(super) fn guard_item(username: &Username, id: CustomerId) -> Item {
    Item::from([
        ("pk".to_owned(), guard_key(username)),
        ("customer_id".to_owned(), AttributeValue::S(id.to_string())),
    ])
}

/// Whose guard or idempotency record this is.
///
/// # Errors
/// [`StoreError::Internal`] if the item does not say.
pub(super) fn customer_id(item: &Item) -> Result<CustomerId, StoreError> {
    item.get("customer_id")
        .and_then(|value| value.as_s().ok())
        .and_then(|text| CustomerId::parse(text).ok())
        .ok_or_else(|| StoreError::Internal(Cause::new("a guard or an idempotency record names no customer")))
}

/// A customer's item, attribute by attribute; `writes` ([`WriteId`]) stands beside it. [`record`](super::record) reads
/// it back.
#[derive(Serialize)]
struct CustomerItem<'a> {
    pk: Cow<'a, str>,
    id: Cow<'a, str>,
    username: Cow<'a, str>,
    name: Cow<'a, str>,
    detail: Cow<'a, str>,
    webhook_method: Cow<'a, str>,
    webhook_uri: Cow<'a, str>,
    line_secret: Cow<'a, str>,
    line_token: Cow<'a, str>,
    permission_ids: Vec<String>,
    tm_create: Cow<'a, str>,
    tm_update: Cow<'a, str>,
    tm_delete: Cow<'a, str>,
    version: u64,
    listing: Cow<'a, str>,
    listed_at: Cow<'a, str>,
}

/// How `tm_delete` is stored and shown.
pub(super) fn tm_delete(customer: &Customer) -> String {
    customer
        .tm_delete
        .map_or_else(|| Timestamp::NEVER.to_owned(), |moment| moment.to_string())
}

/// The item of a record that `write` creates.
///
/// # Errors
/// [`StoreError::Internal`] if it cannot be serialised.
pub(super) fn customer_item(record: &Record, write: WriteId) -> Result<Item, StoreError> {
    let customer = &record.customer;
    let listing = if customer.is_deleted() {
        Listing::Deleted
    } else {
        Listing::Live
    };
    let mut item: Item = serde_dynamo::to_item(CustomerItem {
        pk: format!("customer#{}", customer.id).into(),
        id: customer.id.to_string().into(),
        username: customer.username.as_str().into(),
        name: customer.name.as_str().into(),
        detail: customer.detail.as_str().into(),
        webhook_method: customer.webhook_method.as_str().into(),
        webhook_uri: customer.webhook_uri.as_str().into(),
        line_secret: customer.line_secret.expose().into(),
        line_token: customer.line_token.expose().into(),
        permission_ids: customer
            .permission_ids
            .iter()
            .map(PermissionId::to_string)
            .collect(),
        tm_create: customer.tm_create.to_string().into(),
        tm_update: customer.tm_update.to_string().into(),
        tm_delete: tm_delete(customer).into(),
        version: record.version,
        listing: listing.as_str().into(),
        listed_at: listed_at(customer.tm_create, customer.id).into(),
    })
    .map_err(|error| StoreError::Internal(Cause::new(format!("a customer does not fit an item: {error}"))))?;
    item.insert("writes".to_owned(), write.first());
    Ok(item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::NewCustomer;

    fn stored() -> Record {
        let new = br#"{"username":"Anna","line_secret":"made-up","permission_ids":["03796e14-7cb4-11ec-9dba-e72023efd1c6"]}"#;
        let now = Timestamp::parse("2026-01-02 03:04:05.000006").unwrap();
        Record {
            customer: Customer::register(NewCustomer::from_json(new).unwrap(), now),
            version: 1,
        }
    }

    #[test]
    fn what_is_stored_is_what_is_read() {
        let record = stored();
        let item = customer_item(&record, WriteId::generate()).unwrap();
        assert_eq!(super::super::record::record(item).unwrap(), record);
    }

    #[test]
    fn an_item_is_keyed_and_listed_as_the_data_model_says() {
        let record = stored();
        let item = customer_item(&record, WriteId::generate()).unwrap();
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
