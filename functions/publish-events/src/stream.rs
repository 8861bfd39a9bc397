use customer::Timestamp;
use event::Event;
use serde::Deserialize;
use serde_json::value::RawValue;
use store::{Damage, Image, Imaged};

/// A batch of records from the stream.
#[derive(Deserialize)]
pub struct Records {
    /// The records, in the order of the writes.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// One write to an item. It has no `Debug`, for it holds secrets.
#[derive(Deserialize)]
pub struct Record {
    dynamodb: Write,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Write {
    keys: Box<RawValue>,
    old_image: Option<Box<RawValue>>,
    new_image: Option<Box<RawValue>>,
    sequence_number: String,
    /// In seconds since 1970.
    approximate_creation_date_time: f64,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// An image is not an item.
    #[error("an image is not an item")]
    NotAnItem,
    /// The item is not a readable customer.
    #[error(transparent)]
    Damaged(#[from] Damage),
}

impl Record {
    /// Whether the item is a customer's. The template's filter lets only those through.
    pub fn is_of_a_customer(&self) -> bool {
        self.dynamodb.keys.get().contains("\"customer#")
    }

    /// The record's place in the stream.
    pub fn sequence_number(&self) -> &str {
        &self.dynamodb.sequence_number
    }

    /// The event of this write, if it changed a field or erased the customer. The removal of an item has no event.
    ///
    /// # Errors
    /// [`Unreadable`]
    pub fn into_event(self) -> Result<Option<Event>, Unreadable> {
        let (after, by, written_at) = match image(self.dynamodb.new_image)? {
            None => return Ok(None),
            Some(Imaged::Erased(tombstone)) => return Ok(Some(Event::of_erasure(tombstone))),
            Some(Imaged::Customer {
                record,
                by,
                written_at,
            }) => (record, by, written_at),
        };
        let before = match image(self.dynamodb.old_image)? {
            Some(Imaged::Customer { record, .. }) => Some(record),
            _ => None,
        };
        // The stream's own time is rounded down to a second.
        let micros = self.dynamodb.approximate_creation_date_time * 1_000_000.0;
        let written_at = written_at.or_else(|| Timestamp::from_micros(micros as i64));
        let written_at = written_at.unwrap_or(after.customer.tm_update);
        Ok(Event::of_write(before.as_deref(), *after, by, written_at))
    }
}

fn image(image: Option<Box<RawValue>>) -> Result<Option<Imaged>, Unreadable> {
    let Some(image) = image else { return Ok(None) };
    let image: Image = serde_json::from_str(image.get()).map_err(|_| Unreadable::NotAnItem)?;
    Ok(Some(image.read()?))
}
