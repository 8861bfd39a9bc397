use customer::Timestamp;
use serde::Deserialize;

use crate::author::Author;
use crate::damage::Damage;
use crate::keys::Item;
use crate::record::{Record, record};
use crate::tombstone::Tombstone;
use crate::write_id::last_write;

/// A customer's item as a record of the table's stream shows it: before a write, or after it.
///
/// It has no `Debug`, for it holds secrets.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Image(serde_dynamo::Item);

/// What an image shows.
pub enum Imaged {
    /// A customer.
    Customer {
        /// The customer.
        record: Box<Record>,
        /// Who wrote it, if the item tells.
        by: Option<Author>,
        /// When that write began, if the item tells.
        written_at: Option<Timestamp>,
    },
    /// What remains of a customer that was erased.
    Erased(Tombstone),
}

impl Image {
    /// What this image shows.
    ///
    /// # Errors
    /// The first attribute that cannot be read.
    pub fn read(self) -> Result<Imaged, Damage> {
        let item: Item = self.0.into();
        if let Some(tombstone) = Tombstone::of(&item) {
            return Ok(Imaged::Erased(tombstone));
        }
        let (by, written_at) = (Author::of(&item), last_write(&item));
        let record = Box::new(record(item)?);
        Ok(Imaged::Customer {
            record,
            by,
            written_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_read_from_its_image() {
        let image = r#"{
            "pk": {"S": "customer#5e4a0680-804e-11ec-8477-2fea5968d85b"}, "username": {"S": "anna"}, "version": {"N": "7"},
            "tm_create": {"S": "2022-02-01 00:00:00.000000"}, "writes": {"L": [{"B": "AX7bx6AAAAAAAAAA"}]},
            "written_by": {"S": "operator#console"},
            "permission_ids": {"L": [{"S": "03796e14-7cb4-11ec-9dba-e72023efd1c6"}]}
        }"#;
        let image: Image = serde_json::from_str(image).unwrap();
        let Imaged::Customer {
            record,
            by,
            written_at,
        } = image.read().unwrap()
        else {
            panic!("it is a tombstone");
        };
        assert_eq!((record.customer.username.as_str(), record.version), ("anna", 7));
        assert_eq!(record.customer.permission_ids.len(), 1);
        assert_eq!(by, Some(Author::caller("operator", "console")));
        assert_eq!(written_at.unwrap().to_string(), "2022-02-09 00:00:00.000000");
    }

    #[test]
    fn a_tombstone_is_read_from_its_image() {
        let image = r#"{
            "pk": {"S": "customer#5e4a0680-804e-11ec-8477-2fea5968d85b"}, "version": {"N": "8"},
            "erased_at": {"S": "2026-02-01 00:00:00.000000"}, "written_by": {"S": "operator#console"}
        }"#;
        let image: Image = serde_json::from_str(image).unwrap();
        let Imaged::Erased(tombstone) = image.read().unwrap() else {
            panic!("it is a customer");
        };
        assert_eq!(
            (tombstone.version, tombstone.by.unwrap().kind.as_str()),
            (8, "operator")
        );
    }
}
