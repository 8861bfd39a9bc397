//! The database's file. It holds the customers' secrets in clear text, so only its owner can read it.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, OpenFlags};
use url::Url;

use crate::output::note;

/// The permissions of files and folders: only for the owner.
pub(super) const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// What the names of a database's files end in: the database, what SQLite keeps beside it with the same permissions,
/// and the lock.
const SUFFIXES: [&str; 5] = ["", "-wal", "-shm", "-journal", ".lock"];

/// The first bytes of every SQLite database.
const HEADER: &[u8; 16] = b"SQLite format 3\0";

/// The files of the database at `data`, whether they exist or not.
pub fn files(data: &Path) -> [PathBuf; 5] {
    let data = resolved(data).unwrap_or_else(|_| data.to_owned());
    SUFFIXES.map(|suffix| {
        let mut path = data.clone().into_os_string();
        path.push(suffix);
        path.into()
    })
}

/// Whether a file belongs to a SQLite database, of any program: it is one, or its name is that of one and a suffix.
pub fn is_of_database(path: &Path) -> bool {
    let name = path.as_os_str().as_bytes();
    let mut databases = SUFFIXES.iter().filter_map(|suffix| {
        Some(Path::new(OsStr::from_bytes(
            name.strip_suffix(suffix.as_bytes())?,
        )))
    });
    // A named pipe would wait for somebody to write to it.
    databases.any(|data| data.is_file() && is_sqlite(data).unwrap_or(false))
}

/// Whether a file begins as every SQLite database does.
///
/// # Errors
/// If it cannot be read.
fn is_sqlite(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?
        .take(HEADER.len() as u64)
        .read_to_end(&mut start)?;
    Ok(start == HEADER)
}

/// The database's own path, whatever symbolic links lead to it. The lock has its name from it, so it is the same for all
/// of them; and as an absolute path, it means a file to SQLite, whatever it looks like.
///
/// # Errors
/// If its folder does not exist, or it is a link to nothing.
pub(super) fn resolved(path: &Path) -> Result<PathBuf> {
    let absolute = std::path::absolute(path).and_then(|path| match path.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => {
            match (path.parent(), path.file_name()) {
                (Some(folder), Some(name)) => Ok(folder.canonicalize()?.join(name)),
                _ => Err(error),
            }
        }
        resolved => resolved,
    });
    absolute.with_context(|| cannot_open(path))
}

fn cannot_open(path: &Path) -> String {
    format!("cannot open the database {}", path.display())
}

/// Refuses what is not a database of this program, before anything is written to it or beside it.
pub(super) fn must_be_database(path: &Path) -> Result<()> {
    let cannot_open = || cannot_open(path);
    ensure!(
        path.to_str().is_some(),
        "{}: its path is not UTF-8; choose another with --data",
        cannot_open()
    );
    let metadata = match path.metadata() {
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => {
            return Ok(());
        }
        metadata => metadata.with_context(cannot_open)?,
    };
    // Opening a named pipe waits until somebody writes to it.
    ensure!(
        metadata.is_file(),
        "{}: it is not a regular file; choose another with --data",
        cannot_open()
    );
    ensure!(
        metadata.nlink() == 1,
        "{}: the file has another name as well (a hard link), under which another process could use it at the same time",
        cannot_open()
    );
    // An empty file was created by a process that ended before it wrote anything.
    if metadata.len() == 0 {
        return Ok(());
    }
    ensure!(
        is_sqlite(path).with_context(cannot_open)?,
        "{}: this file is no database; choose another with --data",
        cannot_open()
    );
    ensure!(
        is_of_engine(&resolved(path)?),
        "{}: it is the database of another program; choose another with --data",
        cannot_open()
    );
    Ok(())
}

/// Whether the engine made this SQLite database. It is read as if it could not change, because SQLite then writes nothing
/// beside it. If it cannot be read like this, the engine will say why.
fn is_of_engine(path: &Path) -> bool {
    let Ok(mut url) = Url::from_file_path(path) else {
        return true;
    };
    url.set_query(Some("immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let found = Connection::open_with_flags(url.as_str(), flags).and_then(|database| {
        let query = "SELECT 1 FROM sqlite_master WHERE name = '_tables'";
        database.query_row(query, [], |_| Ok(()))
    });
    !matches!(found, Err(rusqlite::Error::QueryReturnedNoRows))
}

/// Creates the database's folder, for its owner only. An existing folder is not changed.
pub(super) fn make_folder(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
}

/// Creates the file before the engine does, so that others can never read it, and removes their permissions from an
/// existing file.
pub(super) fn make_private(path: &Path) -> Result<()> {
    File::options()
        .create(true)
        .append(true)
        .mode(FILE_MODE)
        .open(path)
        .with_context(|| format!("cannot write the database {}", path.display()))?;
    let files = files(path);
    let loose: Vec<_> = files.iter().filter(|file| is_open_to_others(file)).collect();
    if loose.is_empty() {
        return Ok(());
    }
    let tightened = loose
        .into_iter()
        .try_for_each(|file| std::fs::set_permissions(file, Permissions::from_mode(FILE_MODE)));
    match tightened {
        Ok(()) => note(format_args!(
            "warning: other users could open the database {}; now only its owner can",
            path.display()
        )),
        Err(error) => note(format_args!(
            "warning: others can open the database {} and read its secrets, and its permissions cannot be \
             changed: {error}",
            path.display()
        )),
    }
    Ok(())
}

fn is_open_to_others(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}
