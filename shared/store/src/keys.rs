//! The keys of items, and the guard item.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use customer::{CustomerId, Timestamp, Username};

use crate::error::{Cause, StoreError};

/// An item as the SDK holds it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The partition key of a customer's item.
pub(crate) fn customer_key(id: CustomerId) -> AttributeValue {
    AttributeValue::S(format!("customer#{id}"))
}

/// The partition key of the item with the state of a customer's webhook.
pub(crate) fn webhook_key(id: CustomerId) -> AttributeValue {
    AttributeValue::S(format!("webhook#{id}"))
}

/// The partition key of the guard that makes a username unique.
pub(crate) fn guard_key(username: &Username) -> AttributeValue {
    AttributeValue::S(format!("username#{}", username.key()))
}

/// A customer's sort key in its list. It is unique, and greater for customers that were created later.
pub(crate) fn listed_at(tm_create: Timestamp, id: CustomerId) -> String {
    format!("{tm_create}#{id}")
}

/// The item of a username guard.
pub(crate) fn guard_item(username: &Username, id: CustomerId) -> Item {
    Item::from([
        ("pk".to_owned(), guard_key(username)),
        ("customer_id".to_owned(), AttributeValue::S(id.to_string())),
    ])
}

/// The customer to which a guard or an idempotency record belongs.
///
/// # Errors
/// [`StoreError::Internal`] if the item names no customer.
pub(crate) fn customer_id(item: &Item) -> Result<CustomerId, StoreError> {
    item.get("customer_id")
        .and_then(|value| value.as_s().ok())
        .and_then(|text| CustomerId::parse(text).ok())
        .ok_or_else(|| StoreError::Internal(Cause::new("a guard or an idempotency record names no customer")))
}
