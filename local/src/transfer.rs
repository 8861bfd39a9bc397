//! What import and export share: formats, files, tables, patience and progress.

pub mod endpoint;
pub mod file;
pub mod progress;
pub mod target;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use store::StoreError;
use tokio::time::{Instant, sleep};

/// How customers are written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object on each line.
    Ndjson,
    /// Comma-separated values below a header line.
    Csv,
}

impl Format {
    /// The chosen format, or else the one that the file's name tells.
    ///
    /// # Errors
    /// A sentence if neither says it.
    pub fn of(path: &Path, chosen: Option<Self>) -> Result<Self> {
        let by_name = || match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "csv" => Some(Self::Csv),
            _ => None,
        };
        chosen.or_else(by_name).with_context(|| {
            format!(
                "{} does not end in .ndjson, .jsonl or .csv: choose its format with --format",
                path.display()
            )
        })
    }
}

/// Whether a path stands for standard input or output.
pub fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Repeats what the database refuses or leaves unanswered for now, with longer and longer pauses, for `patience` at
/// most. Each time the SDK has already tried a few times, within seconds.
///
/// # Errors
/// The last failure, or one that does not pass.
pub async fn patiently<T, F>(patience: Duration, operation: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let end = Instant::now() + patience;
    let mut pause = FIRST_PAUSE;
    loop {
        match operation().await {
            Err(StoreError::Throttled(_) | StoreError::Unavailable(_)) if Instant::now() + pause < end => {
                sleep(pause).await;
                pause = (2 * pause).min(LONGEST_PAUSE);
            }
            outcome => return outcome,
        }
    }
}
