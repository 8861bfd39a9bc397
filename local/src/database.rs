//! DynamoDB on localhost: the embedded engine, its data, and the template's tables.

mod file;
mod local_table;

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use dynoxide::Database;
use serde_json::{Value, json};
use uuid::Uuid;

pub use self::file::{files, is_of_database};
pub use self::local_table::LocalTable;

use crate::template::{CUSTOMERS_TABLE, EVENTS_TABLE, Template};

/// The database file that is used if none is named.
pub const DEFAULT_FILE: &str = ".local/customers.db";

/// An open database.
pub struct Engine {
    /// The engine; cloning shares it.
    pub database: Database,
    /// The database's file, if it is not in memory.
    pub file: Option<PathBuf>,
    // Two processes on one file would lose index entries: the lock prevents that.
    lock: Option<File>,
}

impl Engine {
    /// Opens the database at `path`, or one in memory, and creates those of the template's tables that are missing. A
    /// file becomes private.
    ///
    /// # Errors
    /// A sentence if the file cannot be used or another process uses it.
    pub fn open(path: Option<&Path>, template: &Template) -> Result<Self> {
        let (database, name, file, lock) = match path {
            None => {
                // Under a name of its own, by which `index_stream` finds it.
                let name = format!("file:{}?mode=memory&cache=shared", Uuid::new_v4());
                let database = Database::new(&name)
                    .map_err(|error| anyhow!("cannot open a database in memory: {error}"))?;
                (database, name, None, None)
            }
            Some(path) => {
                file::must_be_database(path)?;
                file::make_folder(path)?;
                let path = file::resolved(path)?;
                let lock = lock(&path)?;
                if path.metadata().map_or(true, |file| file.len() == 0) {
                    make(&path, template)?;
                }
                file::make_private(&path)?;
                let (database, name) = open_file(&path)?;
                (database, name, Some(path), Some(lock))
            }
        };
        create_tables(&database, template)?;
        index_stream(&name)?;
        Ok(Self { database, file, lock })
    }

    /// Opens the existing database at `path` as it is, to read it: with its tables, and with its permissions.
    ///
    /// # Errors
    /// A sentence if the file cannot be used or another process uses it.
    pub fn open_unchanged(path: &Path) -> Result<Self> {
        file::must_be_database(path)?;
        let path = file::resolved(path)?;
        let lock = lock(&path)?;
        let (database, _) = open_file(&path)?;
        Ok(Self {
            database,
            file: Some(path),
            lock: Some(lock),
        })
    }

    /// Writes the database's address to the lock file, for another process that finds it in use.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn served_at(&self, address: SocketAddr) -> Result<()> {
        let Some(mut lock) = self.lock.as_ref() else {
            return Ok(());
        };
        lock.write_all(endpoint(address).as_bytes())
            .context("cannot write the lock file")
    }
}

/// Opens the database in a file. Returns the name by which the engine knows it, too.
fn open_file(path: &Path) -> Result<(Database, String)> {
    let cannot_open = || format!("cannot open the database {}", path.display());
    let name = path
        .to_str()
        .with_context(|| format!("{}: its path is not UTF-8", cannot_open()))?;
    let database = Database::new(name).map_err(|error| anyhow!("{}: {error}", cannot_open()))?;
    Ok((database, name.to_owned()))
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
        Ok(()) => {
            // Remove the address that an earlier process wrote.
            lock.set_len(0)
                .with_context(|| format!("cannot write {}", lock_path.display()))?;
            Ok(lock)
        }
        Err(TryLockError::WouldBlock) => {
            let name = path.display();
            match std::fs::read_to_string(&lock_path) {
                Ok(address) if !address.is_empty() => bail!(
                    "another process uses the database {name}; stop it, or choose another with --data; import and \
                     export can also use it while it runs, with --endpoint {address}"
                ),
                _ => bail!(
                    "another process, such as an import or an export, uses the database {name}; wait until it ends, \
                     or choose another with --data"
                ),
            }
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", lock_path.display()))
        }
    }
}

/// Creates the database under a temporary name first: the engine creates a table in several steps, and a process
/// that is killed in between would leave an incomplete table for ever.
fn make(path: &Path, template: &Template) -> Result<()> {
    let cannot_make = || format!("cannot make the database {}", path.display());
    let new = format!("{}.new", path.display());
    let beside = |name: &str| ["-wal", "-shm"].map(|suffix| format!("{name}{suffix}"));
    let [wal, shm] = beside(&new);
    // Files left by a killed process or a removed database. SQLite would take them for parts of this one.
    let [old_wal, old_shm] = beside(&path.display().to_string());
    for left in [&new, &wal, &shm, &old_wal, &old_shm] {
        match std::fs::remove_file(left) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).with_context(cannot_make),
            _ => {}
        }
    }
    let mut options = File::options();
    let made = options
        .create_new(true)
        .write(true)
        .mode(file::FILE_MODE)
        .open(&new);
    made.with_context(cannot_make)?;
    let database = Database::new(&new).map_err(|error| anyhow!("{}: {error}", cannot_make()))?;
    create_tables(&database, template)?;
    LocalTable::open(&database)?;
    // Closing moves everything that was written into the one file.
    drop(database);
    ensure!(!Path::new(&wal).exists(), "{}: it does not close", cannot_make());
    std::fs::rename(&new, path).with_context(cannot_make)
}

/// Creates the tables that are missing: a database that an earlier version made has no history.
fn create_tables(database: &Database, template: &Template) -> Result<()> {
    let existing = database
        .list_tables(serde_json::from_value(json!({}))?)
        .map_err(|error| anyhow!("{error}"))?
        .table_names;
    for table in [CUSTOMERS_TABLE, EVENTS_TABLE] {
        let request = template.table(table)?;
        if !existing.iter().any(|name| name == table) {
            let attribute = template.ttl_attribute(table);
            create_table(database, request, attribute).with_context(|| format!("cannot create {table}"))?;
        } else if let Some(stream) = request.get("StreamSpecification") {
            enable_stream(database, table, stream)?;
        }
    }
    Ok(())
}

fn create_table(database: &Database, request: Value, ttl_attribute: Option<&str>) -> Result<()> {
    let time_to_live = ttl_attribute.map(|attribute| {
        json!({
            "TableName": request.get("TableName"),
            "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": true},
        })
    });
    let request = serde_json::from_value(request).context("the template's table is not valid")?;
    let created = database.create_table(request);
    created.map_err(|error| anyhow!("{error}"))?;
    if let Some(request) = time_to_live {
        let updated = database.update_time_to_live(serde_json::from_value(request)?);
        updated.map_err(|error| anyhow!("{error}"))?;
    }
    Ok(())
}

/// The engine looks for the greatest sequence number of the stream before each write, and has no index to find it: with
/// 100,000 records that takes 120 ms, with this index 0.1 ms.
fn index_stream(name: &str) -> Result<()> {
    let connection = rusqlite::Connection::open(name).context("cannot open the database")?;
    connection
        .execute_batch(
            "CREATE INDEX IF NOT EXISTS local_stream_order
             ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
        )
        .context("cannot index the table's stream")
}

/// A database that an earlier version made has a table without a stream.
fn enable_stream(database: &Database, table: &str, stream: &Value) -> Result<()> {
    let request = json!({"TableName": table});
    let description = database.describe_table(serde_json::from_value(request)?);
    let description = serde_json::to_value(description.map_err(|error| anyhow!("{error}"))?)?;
    if description.pointer("/Table/StreamSpecification/StreamEnabled") == Some(&json!(true)) {
        return Ok(());
    }
    let request = json!({"TableName": table, "StreamSpecification": stream});
    let updated = database.update_table(serde_json::from_value(request)?);
    updated
        .map(drop)
        .map_err(|error| anyhow!("cannot enable the table's stream: {error}"))
}

/// The engine's URL, for a client on this machine.
pub fn endpoint(address: SocketAddr) -> String {
    format!("http://{address}")
}
