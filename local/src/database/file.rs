//! The database's file. It holds the customers' secrets in clear text, so only its owner can read it.

use std::fs::{DirBuilder, File, Permissions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::output::note;

/// The permissions of files and folders: only for the owner.
pub(super) const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// The files of the engine and the lock beside the database. SQLite gives its files the permissions of the database.
const SUFFIXES: [&str; 5] = ["", "-wal", "-shm", "-journal", ".lock"];

/// The first bytes of every SQLite database.
const HEADER: &[u8; 16] = b"SQLite format 3\0";

/// Refuses a file that is not a database, before anything is written to it or beside it.
pub(super) fn must_be_database(path: &Path) -> Result<()> {
    let cannot_open = || format!("cannot open the database {}", path.display());
    let mut file = match File::open(path) {
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => {
            return Ok(());
        }
        file => file.with_context(cannot_open)?,
    };
    let mut start = Vec::new();
    file.by_ref()
        .take(HEADER.len() as u64)
        .read_to_end(&mut start)
        .with_context(cannot_open)?;
    // An empty file was created by a process that ended before it wrote anything.
    if !start.is_empty() && start != HEADER {
        bail!(
            "cannot open the database {}: this file is no database; choose another with --data",
            path.display()
        );
    }
    Ok(())
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
    let files = SUFFIXES.map(|suffix| PathBuf::from(format!("{}{suffix}", path.display())));
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
