use serde::Deserialize;

use crate::damage::Damage;
use crate::keys::Item;
use crate::record::{Record, record};

/// A customer's item as a record of the table's stream shows it: before a write, or after it.
///
/// It has no `Debug`, for it holds secrets.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Image(serde_dynamo::Item);

impl Image {
    /// The customer in this image.
    ///
    /// # Errors
    /// The first attribute that cannot be read.
    pub fn record(self) -> Result<Record, Damage> {
        let item: Item = self.0.into();
        record(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_read_from_its_image() {
        let image = r#"{
            "pk": {"S": "customer#5e4a0680-804e-11ec-8477-2fea5968d85b"}, "username": {"S": "anna"}, "version": {"N": "7"},
            "tm_create": {"S": "2022-02-01 00:00:00.000000"}, "writes": {"L": [{"B": "AAAA"}]},
            "permission_ids": {"L": [{"S": "03796e14-7cb4-11ec-9dba-e72023efd1c6"}]}
        }"#;
        let image: Image = serde_json::from_str(image).unwrap();
        let record = image.record().unwrap();
        assert_eq!((record.customer.username.as_str(), record.version), ("anna", 7));
        assert_eq!(record.customer.permission_ids.len(), 1);
    }
}
