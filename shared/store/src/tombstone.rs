//! What remains of a customer that was erased: its item holds only when and by whom, and its id is never used again.

use aws_sdk_dynamodb::types::AttributeValue;
use customer::{CustomerId, Timestamp};

use crate::author::{Author, WRITTEN_BY};
use crate::keys::{Item, customer_key, webhook_key};
use crate::record::version;

/// The attribute that makes an item a tombstone.
pub(crate) const ERASED_AT: &str = "erased_at";

/// An erased customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The id that it had.
    pub id: CustomerId,
    /// When it was erased.
    pub erased_at: Timestamp,
    /// Who erased it.
    pub by: Option<Author>,
    /// One more than the version that was erased.
    pub version: u64,
}

impl Tombstone {
    /// The tombstone in the item with a customer's key, if it is one.
    pub(crate) fn of(item: &Item) -> Option<Self> {
        let id = item.get("pk")?.as_s().ok()?.strip_prefix("customer#")?;
        Some(Self {
            id: CustomerId::parse(id).ok()?,
            erased_at: erased_at(item)?,
            by: Author::of(item),
            version: version(item)?,
        })
    }

    /// The item that takes the place of the customer's.
    pub(crate) fn item(&self) -> Item {
        let mut item = Item::from([
            ("pk".to_owned(), customer_key(self.id)),
            (ERASED_AT.to_owned(), self.erased_at()),
            ("version".to_owned(), AttributeValue::N(self.version.to_string())),
        ]);
        item.extend(self.by.as_ref().map(|by| (WRITTEN_BY.to_owned(), by.value())));
        item
    }

    /// The item that takes the place of the webhook's: it has no secret, and
    /// refuses late writes.
    pub(crate) fn webhook_item(&self) -> Item {
        Item::from([
            ("pk".to_owned(), webhook_key(self.id)),
            (ERASED_AT.to_owned(), self.erased_at()),
        ])
    }

    fn erased_at(&self) -> AttributeValue {
        AttributeValue::S(self.erased_at.to_string())
    }
}

/// When the customer of an item was erased, if it was.
pub(crate) fn erased_at(item: &Item) -> Option<Timestamp> {
    Timestamp::parse(item.get(ERASED_AT)?.as_s().ok()?).ok()
}
