//! DynamoDB on localhost: the embedded engine, its data, and the template's table in it.

mod file;

use std::fs::{File, TryLockError};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use dynoxide::Database;
use serde_json::json;

use crate::template::Template;

/// An open database.
pub struct Engine {
    /// The engine; cloning shares it.
    pub database: Database,
    /// The table's name: its logical id in the template, as `sam local` names it too.
    pub table: String,
    // Two processes on one file would lose index entries: the lock keeps the second one out.
    _lock: Option<File>,
}

impl Engine {
    /// Opens the database at `path`, or one in memory, and makes sure that the template's table is there.
    ///
    /// # Errors
    /// A sentence if the file cannot be used or another process uses it.
    pub fn open(path: Option<&Path>, template: &Template) -> Result<Self> {
        let (database, lock) = match path {
            None => (
                Database::memory().map_err(|error| anyhow!("cannot open a database in memory: {error}"))?,
                None,
            ),
            Some(path) => {
                file::must_be_database(path)?;
                file::make_folder(path)?;
                let lock = lock(path)?;
                file::make_private(path)?;
                let database = Database::new(&path.to_string_lossy())
                    .map_err(|error| anyhow!("cannot open the database {}: {error}", path.display()))?;
                (database, Some(lock))
            }
        };
        let table = create_table(&database, template)?;
        Ok(Self {
            database,
            table,
            _lock: lock,
        })
    }
}

fn lock(path: &Path) -> Result<File> {
    let lock_path = PathBuf::from(format!("{}.lock", path.display()));
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(file::FILE_MODE)
        .open(&lock_path)
        .with_context(|| format!("cannot write {}", lock_path.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "another process uses the database {}; stop it, or choose another with --data; import and export \
                 can also go through it, with --endpoint http://127.0.0.1:8000",
                path.display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", lock_path.display()))
        }
    }
}

fn create_table(database: &Database, template: &Template) -> Result<String> {
    let (table, request) = template.table()?;
    let tables = database
        .list_tables(serde_json::from_value(json!({}))?)
        .map_err(|error| anyhow!("{error}"))?;
    if !tables.table_names.contains(&table) {
        let request = serde_json::from_value(request).context("the template's table is no table")?;
        database
            .create_table(request)
            .map_err(|error| anyhow!("cannot create the template's table: {error}"))?;
        if let Some(attribute) = template.ttl_attribute() {
            let request = json!({
                "TableName": table,
                "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": true},
            });
            database
                .update_time_to_live(serde_json::from_value(request)?)
                .map_err(|error| anyhow!("cannot set the table's time to live: {error}"))?;
        }
    }
    Ok(table)
}

/// Where the engine answers, for a client on this machine.
pub fn endpoint(address: SocketAddr) -> String {
    format!("http://{address}")
}
