//! The file formats of import and export.

use std::path::Path;

use anyhow::{Context, Result};
use clap::ValueEnum;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object on each line.
    Ndjson,
    /// Comma-separated values below a header line.
    Csv,
}

impl Format {
    /// The chosen format, otherwise the one that the file's name shows.
    ///
    /// # Errors
    /// A sentence if neither is known.
    pub fn of(path: &Path, chosen: Option<Self>) -> Result<Self> {
        let by_name = || match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "csv" => Some(Self::Csv),
            _ => None,
        };
        chosen.or_else(by_name).with_context(|| {
            format!(
                "{} does not end in .ndjson, .jsonl or .csv: set its format with --format",
                path.display()
            )
        })
    }
}

/// Whether a path stands for standard input or output.
pub(crate) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}
