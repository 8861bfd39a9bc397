#[cfg(test)]
mod tests;

use customer::{Customer, CustomerId, Timestamp};
use serde::{Serialize, Serializer};
use store::{Author, Record, Tombstone};
use uuid::Uuid;

/// The most bytes of an event. A larger one has no `data`, and its receiver gets the customer instead. EventBridge accepts
/// at least 256 KiB, which includes what it adds.
const MAX_LENGTH: usize = 200 * 1024;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// A customer was created or imported.
    Created,
    /// Fields changed.
    Updated,
    /// The customer was deleted; it can be restored.
    Deleted,
    /// A deleted customer was restored.
    Restored,
    /// A deleted customer was erased.
    Erased,
    /// Somebody tests the webhook. Nothing changed.
    Test,
}

impl EventType {
    /// The value of `type` in an event.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "customer.created",
            Self::Updated => "customer.updated",
            Self::Deleted => "customer.deleted",
            Self::Restored => "customer.restored",
            Self::Erased => "customer.erased",
            Self::Test => "webhook.test",
        }
    }
}

/// An event about a customer. Its JSON shows secrets masked.
#[derive(Clone, Debug)]
pub struct Event {
    /// The event's id: the customer's id, a dot and the version that the change made. If a change is published twice, both
    /// events have the same id.
    pub id: String,
    /// The customer that it is about.
    pub customer_id: CustomerId,
    /// The customer's version after the change.
    pub version: u64,
    /// What happened.
    pub event_type: EventType,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The names of the fields that have another value.
    pub changed: Vec<&'static str>,
    /// Who made the change. Receivers are not told.
    pub by: Option<Author>,
    /// The customer after the change; none if it was erased.
    pub customer: Option<Customer>,
}

impl Event {
    /// The event of a write to a customer, or none if the write changed no field other than `tm_update`.
    ///
    /// `written_at` is when the write happened, possibly rounded down. A restoration needs it, because it leaves no timestamp
    /// in the record.
    pub fn of_write(
        before: Option<&Record>,
        after: Record,
        by: Option<Author>,
        written_at: Timestamp,
    ) -> Option<Self> {
        let Record { customer, version } = after;
        let changed = match before {
            None => Customer::FIELDS.to_vec(),
            Some(before) => customer.changed_since(&before.customer),
        };
        if changed.is_empty() {
            return None;
        }
        let was_deleted = before.map(|before| before.customer.tm_delete);
        let (event_type, timestamp) = match (was_deleted, customer.tm_delete) {
            (None, _) => (EventType::Created, customer.tm_create),
            (Some(None), Some(tm_delete)) => (EventType::Deleted, tm_delete),
            (Some(Some(tm_delete)), None) => (EventType::Restored, written_at.max(tm_delete)),
            (Some(_), _) => (EventType::Updated, customer.tm_update),
        };
        Some(Self {
            id: format!("{}.{version}", customer.id),
            customer_id: customer.id,
            version,
            event_type,
            timestamp,
            changed,
            by,
            customer: Some(customer),
        })
    }

    /// The event of an erasure, which holds nothing of the customer but its id.
    pub fn of_erasure(tombstone: Tombstone) -> Self {
        let Tombstone {
            id,
            erased_at,
            by,
            version,
        } = tombstone;
        Self {
            id: format!("{id}.{version}"),
            customer_id: id,
            version,
            event_type: EventType::Erased,
            timestamp: erased_at,
            changed: Vec::new(),
            by,
            customer: None,
        }
    }

    /// A test of a customer's webhook.
    pub fn test(record: Record, now: Timestamp) -> Self {
        let Record { customer, version } = record;
        Self {
            id: format!("{}.test-{}", customer.id, Uuid::now_v7()),
            customer_id: customer.id,
            version,
            event_type: EventType::Test,
            timestamp: now,
            changed: Vec::new(),
            by: None,
            customer: Some(customer),
        }
    }

    /// Whether the customer has an address to which the event can be sent.
    pub fn has_webhook(&self) -> bool {
        self.customer.as_ref().is_some_and(Customer::has_webhook)
    }

    /// The event as JSON, as receivers get it.
    ///
    /// # Errors
    /// None in practice.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut written = Written {
            id: &self.id,
            r#type: self.event_type.as_str(),
            timestamp: self.timestamp.to_rfc3339(),
            version: self.version,
            changed: &self.changed,
            data: Some(match &self.customer {
                Some(customer) => Data::Customer(customer),
                None => Data::Erased { id: self.customer_id },
            }),
        };
        let json = escape_noncharacters(serde_json::to_string(&written)?);
        if json.len() <= MAX_LENGTH {
            return Ok(json);
        }
        written.data = None;
        serde_json::to_string(&written)
    }
}

/// The same JSON with U+FFFE and U+FFFF escaped: SQS refuses a message in which they stand as they are, and JSON need not
/// escape them. They can only be part of a string.
pub(crate) fn escape_noncharacters(json: String) -> String {
    match json.contains(['\u{fffe}', '\u{ffff}']) {
        true => json.replace('\u{fffe}', r"\ufffe").replace('\u{ffff}', r"\uffff"),
        false => json,
    }
}

#[derive(Serialize)]
struct Written<'a> {
    id: &'a str,
    r#type: &'static str,
    timestamp: String,
    version: u64,
    changed: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Data<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    #[serde(serialize_with = "masked")]
    Customer(&'a Customer),
    Erased {
        id: CustomerId,
    },
}

fn masked<S: Serializer>(customer: &Customer, serializer: S) -> Result<S::Ok, S::Error> {
    customer.masked().serialize(serializer)
}
