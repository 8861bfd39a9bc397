//! The files that this program writes: only their owner can read them, and they get their name when they are
//! complete.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use tempfile::NamedTempFile;

/// A file under a temporary name. It is removed unless it gets its final name.
pub(crate) struct Part(BufWriter<NamedTempFile>);

impl Part {
    /// Creates one in the folder of `path`.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub(crate) fn beside(path: &Path) -> Result<Self> {
        let mut prefix = path.file_name().map_or_else(OsString::new, ToOwned::to_owned);
        prefix.push(".");
        let file = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(".part")
            .tempfile_in(folder(path))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self(BufWriter::new(file)))
    }

    /// Writes everything to disk. The file can then get its final name.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn complete(self) -> io::Result<NamedTempFile> {
        let file = self.0.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    /// Gives the file its final name. It replaces an existing file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn persist(self, path: &Path) -> Result<()> {
        let named = self
            .complete()
            .and_then(|file| file.persist(path).map_err(|error| error.error));
        named
            .map(drop)
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The folder of a file.
pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Where a file that is written to `path` belongs: behind symbolic links, which stay, also if they lead to no file yet.
///
/// # Errors
/// A sentence if a link cannot be followed.
pub(crate) fn resolved(path: &Path) -> Result<PathBuf> {
    let Ok(target) = path.read_link() else {
        return Ok(path.to_owned());
    };
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => resolved(&folder(path).join(target)),
        found => found.with_context(|| format!("cannot write {}", path.display())),
    }
}

/// The file that a new one at `path` would replace; `None` if there is none.
///
/// # Errors
/// A sentence if no file can be written there.
pub(crate) fn replaced(path: &Path) -> Result<Option<Metadata>> {
    let name = path.display();
    match path.metadata() {
        Ok(metadata) => {
            ensure!(!metadata.is_dir(), "cannot write {name}: it is a folder");
            ensure!(
                metadata.is_file(),
                "cannot write {name}: it is not a regular file"
            );
            Ok(Some(metadata))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let path = resolved(path)?;
            let folder = folder(&path);
            ensure!(
                folder.is_dir(),
                "cannot write {name}: there is no folder {}",
                folder.display()
            );
            Ok(None)
        }
        Err(error) => bail!("cannot write {name}: {error}"),
    }
}

/// Whether both are the same file, possibly under different names.
pub(crate) fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}
