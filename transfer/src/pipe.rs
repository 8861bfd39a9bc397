//! Standard output, for what must be complete.

use std::io::{self, Write};

use anyhow::{Context, Result, bail};
use tokio::sync::{mpsc, oneshot};

/// Standard output, written by its own thread: a write can block if nobody reads, and a signal must still stop the
/// process.
pub(crate) struct Pipe {
    texts: mpsc::Sender<Vec<u8>>,
    written: oneshot::Receiver<io::Result<()>>,
    failure: &'static str,
}

impl Pipe {
    /// Standard output; errors begin with `failure`.
    pub(crate) fn new(failure: &'static str) -> Self {
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
            // Nobody receives this if the command was stopped.
            let _ = done.send(copy());
        });
        Self {
            texts,
            written,
            failure,
        }
    }

    /// Writes a text as soon as the one before is written.
    ///
    /// # Errors
    /// If an earlier text could not be written.
    pub(crate) async fn write(&mut self, text: Vec<u8>) -> Result<()> {
        if self.texts.send(text).await.is_ok() {
            return Ok(());
        }
        // The thread has ended; this early, that means it has failed.
        (&mut self.written).await?.context(self.failure)?;
        bail!(self.failure)
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) async fn finish(self) -> Result<()> {
        drop(self.texts);
        self.written.await?.context(self.failure)
    }
}
