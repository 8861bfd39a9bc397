//! The table's stream on localhost, read as Lambda's event source mapping reads it for `publish-events`.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use dynoxide::Database;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::database::{Engine, LocalTable};
use crate::template::CUSTOMERS_TABLE;

/// The key under which the position in the stream is stored.
const POSITION: &str = "stream-position";

/// How often the stream is read.
pub const INTERVAL: Duration = Duration::from_millis(200);

/// The most records that are read at once.
const BATCH: usize = 100;

/// The stream of one table.
pub struct Stream {
    database: Database,
    local: LocalTable,
    /// A second connection, to remove published records, which the engine would keep for ever. `None` for a database in
    /// memory, because there a second connection makes the engine's writes fail.
    file: Option<Connection>,
    arn: String,
    shard: String,
    /// The sequence number of the last published record.
    position: Option<String>,
}

impl Stream {
    /// The stream of the engine's table, from the stored position.
    ///
    /// # Errors
    /// If the table has none, or the database fails.
    pub fn open(engine: &Engine) -> Result<Self> {
        let Engine { database, .. } = engine;
        let failed = |error| anyhow!("cannot read the table's stream: {error}");
        let local = LocalTable::open(database)?;
        let request = serde_json::from_value(json!({"TableName": CUSTOMERS_TABLE}))?;
        let streams = serde_json::to_value(database.list_streams(request).map_err(failed)?)?;
        let arn = text(&streams, "/Streams/0/StreamArn")?;
        let request = serde_json::from_value(json!({"StreamArn": arn}))?;
        let stream = serde_json::to_value(database.describe_stream(request).map_err(failed)?)?;
        let shard = text(&stream, "/StreamDescription/Shards/0/ShardId")?;
        let position = local.rows(POSITION)?.pop().map(|(_, position)| position);
        let file = engine.file.as_deref().map(Connection::open).transpose();
        Ok(Self {
            database: database.clone(),
            local,
            file: file.context("cannot open the database")?,
            arn,
            shard,
            position,
        })
    }

    /// The next records that are not published yet, as Lambda's event.
    ///
    /// # Errors
    /// If the database fails.
    pub fn next(&self) -> Result<Option<Value>> {
        let failed = |error| anyhow!("cannot read the table's stream: {error}");
        let (kind, after) = match &self.position {
            None => ("TRIM_HORIZON", Value::Null),
            Some(position) => ("AFTER_SEQUENCE_NUMBER", json!(position)),
        };
        let request = json!({
            "StreamArn": self.arn, "ShardId": self.shard, "ShardIteratorType": kind, "SequenceNumber": after,
        });
        let iterator = self.database.get_shard_iterator(serde_json::from_value(request)?);
        let iterator = serde_json::to_value(iterator.map_err(failed)?)?;
        let request = json!({"ShardIterator": iterator.get("ShardIterator"), "Limit": BATCH});
        let records = self.database.get_records(serde_json::from_value(request)?);
        let records = serde_json::to_value(records.map_err(failed)?)?;
        match records.get("Records").and_then(Value::as_array) {
            Some(records) if !records.is_empty() => Ok(Some(json!({ "Records": records }))),
            _ => Ok(None),
        }
    }

    /// Stores that the records of this event are published, up to the first one that failed.
    ///
    /// # Errors
    /// If the database fails.
    pub fn advance(&mut self, event: &Value, first_failed: Option<&str>) -> Result<()> {
        let records = event.get("Records").and_then(Value::as_array);
        let number = |record: &Value| text(record, "/dynamodb/SequenceNumber");
        let numbers = records.into_iter().flatten().map(number);
        let numbers = numbers.collect::<Result<Vec<_>>>()?;
        let told = numbers
            .into_iter()
            .take_while(|number| Some(&**number) != first_failed);
        if let Some(last) = told.last() {
            self.local.put(POSITION, &last)?;
            self.remove_before(&last)?;
            self.position = Some(last);
        }
        Ok(())
    }

    /// Removes the records before this one, which stays: the engine numbers the next record after it.
    fn remove_before(&self, sequence_number: &str) -> Result<()> {
        // Where it shows a record's number, the engine writes a 1 and twenty digits. Nothing is removed if it ever stores
        // another number than these digits.
        let stored = sequence_number.get(1..).map(str::parse::<i64>);
        let (Some(file), Some(Ok(stored))) = (&self.file, stored) else {
            return Ok(());
        };
        let delete = "DELETE FROM _stream_records
            WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) < (
                SELECT CAST(sequence_number AS INTEGER) FROM _stream_records
                WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) = ?2)";
        file.execute(delete, (CUSTOMERS_TABLE, stored))
            .context("cannot remove old records of the table's stream")?;
        Ok(())
    }
}

fn text(value: &Value, pointer: &str) -> Result<String> {
    let text = value.pointer(pointer).and_then(Value::as_str);
    Ok(text
        .with_context(|| format!("the table's stream has no {pointer}"))?
        .to_owned())
}
