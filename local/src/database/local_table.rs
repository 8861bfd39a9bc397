use anyhow::{Result, anyhow};
use dynoxide::Database;
use dynoxide::types::AttributeValue;
use serde_json::{Value, json};

/// A table for state that only a local system has: its queue, and its position in the stream. It is not in the template.
pub struct LocalTable(Database);

const NAME: &str = "LocalState";

impl LocalTable {
    /// The table in this database, made if it is missing.
    ///
    /// # Errors
    /// If the database fails.
    pub fn open(database: &Database) -> Result<Self> {
        let tables = database.list_tables(serde_json::from_value(json!({}))?);
        let tables = tables.map_err(|error| anyhow!("{error}"))?.table_names;
        if !tables.iter().any(|table| table == NAME) {
            let request = json!({
                "TableName": NAME,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            });
            database
                .create_table(serde_json::from_value(request)?)
                .map_err(|error| anyhow!("cannot create the table {NAME}: {error}"))?;
        }
        Ok(Self(database.clone()))
    }

    /// Stores a value under a key.
    ///
    /// # Errors
    /// If the database fails.
    pub fn put(&self, key: &str, value: &str) -> Result<()> {
        let request = json!({"TableName": NAME, "Item": {"pk": {"S": key}, "value": {"S": value}}});
        let put = self.0.put_item(serde_json::from_value(request)?);
        put.map(drop)
            .map_err(|error| anyhow!("cannot write {key}: {error}"))
    }

    /// Removes the value of a key.
    ///
    /// # Errors
    /// If the database fails.
    pub fn remove(&self, key: &str) -> Result<()> {
        let request = json!({"TableName": NAME, "Key": {"pk": {"S": key}}});
        let removed = self.0.delete_item(serde_json::from_value(request)?);
        removed
            .map(drop)
            .map_err(|error| anyhow!("cannot remove {key}: {error}"))
    }

    /// The keys that begin with `prefix`, without it, and their values.
    ///
    /// # Errors
    /// If the database fails.
    pub fn rows(&self, prefix: &str) -> Result<Vec<(String, String)>> {
        let mut rows = Vec::new();
        let mut start = Value::Null;
        loop {
            let request = json!({"TableName": NAME, "ExclusiveStartKey": start});
            let page = self.0.scan(serde_json::from_value(request)?);
            let page = page.map_err(|error| anyhow!("cannot read {NAME}: {error}"))?;
            for item in page.items.into_iter().flatten() {
                let text = |name: &str| match item.get(name) {
                    Some(AttributeValue::S(text)) => Some(text.clone()),
                    _ => None,
                };
                if let (Some(key), Some(value)) = (text("pk"), text("value"))
                    && let Some(key) = key.strip_prefix(prefix)
                {
                    rows.push((key.to_owned(), value));
                }
            }
            let Some(last) = page.last_evaluated_key else {
                return Ok(rows);
            };
            start = serde_json::to_value(last)?;
        }
    }
}
