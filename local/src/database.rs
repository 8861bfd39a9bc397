//! DynamoDB on localhost: the embedded engine, its data, and the template's table.

mod file;

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use dynoxide::Database;
use serde_json::json;

use crate::template::Template;

/// An open database.
pub struct Engine {
    /// The engine; cloning shares it.
    pub database: Database,
    /// The table's name: its logical id in the template, as with `sam local`.
    pub table: String,
    // Two processes on one file would lose index entries: the lock prevents that.
    lock: Option<File>,
}

impl Engine {
    /// Opens the database at `path`, or one in memory, and creates the template's table if it is missing.
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
                if path.metadata().map_or(true, |file| file.len() == 0) {
                    make(path, template)?;
                }
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
            lock,
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

/// Creates the database under a temporary name first: the engine creates the table in several steps, and a process
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
    let made = options.create_new(true).write(true).mode(0o600).open(&new);
    made.with_context(cannot_make)?;
    let database = Database::new(&new).map_err(|error| anyhow!("{}: {error}", cannot_make()))?;
    create_table(&database, template)?;
    // Closing moves everything that was written into the one file.
    drop(database);
    ensure!(!Path::new(&wal).exists(), "{}: it does not close", cannot_make());
    std::fs::rename(&new, path).with_context(cannot_make)
}

fn create_table(database: &Database, template: &Template) -> Result<String> {
    let (table, request) = template.table()?;
    let tables = database
        .list_tables(serde_json::from_value(json!({}))?)
        .map_err(|error| anyhow!("{error}"))?;
    if !tables.table_names.contains(&table) {
        let request = serde_json::from_value(request).context("the template's table is not valid")?;
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

/// The engine's URL, for a client on this machine.
pub fn endpoint(address: SocketAddr) -> String {
    format!("http://{address}")
}
