//! Reads a file on its own thread, because reading standard input can block for ever.

use std::io::Read;

use anyhow::{Context, Result};
use store::CustomerStore;
use tokio::sync::{mpsc, oneshot};

use super::rows::{Row, Rows, rows};
use crate::format::Format;

/// A file that is read some rows ahead.
pub(super) struct Reader {
    /// Its header line, if the format has one.
    pub(super) header: Option<Vec<u8>>,
    /// Its rows, and `None` at its end.
    rows: mpsc::Receiver<Result<Option<Row>>>,
}

impl Reader {
    /// Begins to read. When this returns, the beginning of the file has been checked.
    ///
    /// # Errors
    /// The errors of [`rows`].
    pub(super) async fn start(format: Format, input: impl Read + Send + 'static) -> Result<Self> {
        let (begun, beginning) = oneshot::channel();
        let (sender, receiver) = mpsc::channel(CustomerStore::MAX_IMPORT);
        std::thread::spawn(move || {
            let rows = match rows(format, input) {
                Ok(Rows { header, rows }) => begun.send(Ok(header)).map(|()| rows),
                Err(error) => return drop(begun.send(Err(error))),
            };
            // Sending fails if the import has been stopped.
            let Ok(rows) = rows else { return };
            for row in rows {
                let last = row.is_err();
                if sender.blocking_send(row.map(Some)).is_err() || last {
                    return;
                }
            }
            let _ = sender.blocking_send(Ok(None));
        });
        let header = beginning.await.context(ENDED_EARLY)??;
        Ok(Self {
            header,
            rows: receiver,
        })
    }

    /// The next row; `None` only at the end of the file.
    ///
    /// # Errors
    /// If the file cannot be read to its end.
    pub(super) async fn next(&mut self) -> Result<Option<Row>> {
        self.rows.recv().await.context(ENDED_EARLY)?
    }
}

const ENDED_EARLY: &str = "the file could not be read to its end";
