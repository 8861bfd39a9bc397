//! Where an export goes.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use tokio::sync::{mpsc, oneshot};

use crate::file::{Part, replaced};
use crate::format::is_standard;
use crate::target::Target;

/// What every SQLite database begins with.
const SQLITE: &[u8] = b"SQLite format 3\0";

const CANNOT_WRITE: &str = "cannot write the customers";

/// Makes sure that an export to `path` would replace no database.
///
/// # Errors
/// A sentence if it would, or if there can be no file.
pub(super) fn check(path: &Path, target: &Target) -> Result<()> {
    if is_standard(path) {
        return Ok(());
    }
    let Some(metadata) = replaced(path)? else {
        return Ok(());
    };
    let mut start = Vec::new();
    if let Ok(file) = File::open(path) {
        // One that cannot be read is none of ours.
        let _ = file.take(SQLITE.len() as u64).read_to_end(&mut start);
    }
    ensure!(
        start != SQLITE && !target.owns(&metadata),
        "cannot write {}: it belongs to a database",
        path.display()
    );
    Ok(())
}

/// An export under way.
pub(super) enum Output {
    /// Goes into a file, which has its name at the end.
    File(Part, PathBuf),
    /// Goes to standard output.
    Standard(Pipe),
}

/// Standard output, written by a thread of its own: nobody may read it, and then a signal must still end the process.
pub(super) struct Pipe {
    texts: mpsc::Sender<Vec<u8>>,
    written: oneshot::Receiver<io::Result<()>>,
}

impl Output {
    pub(super) fn new(path: &Path) -> Result<Self> {
        if is_standard(path) {
            Ok(Self::Standard(Pipe::new()))
        } else {
            Ok(Self::File(Part::beside(path)?, path.to_owned()))
        }
    }

    pub(super) async fn write(&mut self, text: Vec<u8>) -> Result<()> {
        match self {
            Self::File(part, _) => part.write_all(&text).context(CANNOT_WRITE),
            Self::Standard(pipe) => {
                if pipe.texts.send(text).await.is_ok() {
                    return Ok(());
                }
                // The thread has ended, which it does early only if it fails.
                (&mut pipe.written).await?.context(CANNOT_WRITE)?;
                bail!(CANNOT_WRITE)
            }
        }
    }

    /// Makes sure that all of it is written.
    pub(super) async fn finish(self) -> Result<()> {
        match self {
            Self::File(part, path) => part.persist(&path),
            Self::Standard(Pipe { texts, written }) => {
                drop(texts);
                written.await?.context(CANNOT_WRITE)
            }
        }
    }
}

impl Pipe {
    fn new() -> Self {
        let (texts, mut receiver) = mpsc::channel::<Vec<u8>>(1);
        let (done, written) = oneshot::channel();
        std::thread::spawn(move || {
            let mut output = io::stdout().lock();
            let mut copy = || {
                while let Some(text) = receiver.blocking_recv() {
                    output.write_all(&text)?;
                }
                output.flush()
            };
            // Who does not wait for it has been stopped.
            let _ = done.send(copy());
        });
        Self { texts, written }
    }
}
