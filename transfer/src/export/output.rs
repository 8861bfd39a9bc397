//! The output of an export: a file or standard output.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use local::database::is_of_database;

use crate::file::{Part, replaced, resolved};
use crate::format::is_standard;
use crate::pipe::Pipe;
use crate::target::Target;

const CANNOT_WRITE: &str = "cannot write the customers";

/// Checks that an export to `path` would not replace a file of a database.
///
/// # Errors
/// A sentence if it would, or if no file can be written there.
pub(super) fn check(path: &Path, target: &Target) -> Result<()> {
    if is_standard(path) {
        return Ok(());
    }
    let is_own = replaced(path)?.is_some_and(|metadata| target.owns(&metadata));
    ensure!(
        !is_own && !is_of_database(&resolved(path)?),
        "cannot write {}: it belongs to a database",
        path.display()
    );
    Ok(())
}

/// An export in progress.
pub(super) enum Output {
    /// A file, which gets its name when it is complete.
    File(Part, PathBuf),
    /// Standard output.
    Standard(Pipe),
}

impl Output {
    pub(super) fn new(path: &Path) -> Result<Self> {
        if is_standard(path) {
            Ok(Self::Standard(Pipe::new(CANNOT_WRITE)))
        } else {
            let path = resolved(path)?;
            Ok(Self::File(Part::beside(&path)?, path))
        }
    }

    pub(super) async fn write(&mut self, text: Vec<u8>) -> Result<()> {
        match self {
            Self::File(part, _) => part.write_all(&text).context(CANNOT_WRITE),
            Self::Standard(pipe) => pipe.write(text).await,
        }
    }

    /// Waits until everything is written.
    pub(super) async fn finish(self) -> Result<()> {
        match self {
            Self::File(part, path) => part.persist(&path),
            Self::Standard(pipe) => pipe.finish().await,
        }
    }
}
