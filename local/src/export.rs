//! `export`: every customer of a table into a file.

mod writer;

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use shared::store::CustomerStore;

use self::writer::Writer;
use crate::signals::Signals;
use crate::transfer::progress::Progress;
use crate::transfer::target::Target;
use crate::transfer::{Format, is_standard, patiently};

/// Exports every customer, the deleted ones included, from the local database or a table on AWS into a file.
///
/// The file holds secrets in clear: line_secret and line_token. It is made so that only you can read it. It appears
/// under its name when it is complete, and replaces one that is there.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cargo run -- export customers.ndjson
  cargo run -- export customers.csv --endpoint http://127.0.0.1:8000
  cargo run -- export - --format ndjson | gzip > customers.ndjson.gz

docs/moving-in.md has the format.")]
pub struct ExportArguments {
    /// The file to write, .ndjson, .jsonl or .csv; - is standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// How the file is written, if its name does not tell
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// How long to repeat what the database refuses or leaves unanswered for now
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,

    #[command(flatten)]
    target: Target,
}

impl ExportArguments {
    /// How the file is written.
    ///
    /// # Errors
    /// A sentence if nothing tells.
    pub fn format(&self) -> Result<Format> {
        Format::of(&self.file, self.format)
    }
}

/// Exports, and says how many customers there were.
///
/// # Errors
/// A sentence if the table or the file cannot be used. Then there is no file, or the one from before.
pub async fn run(arguments: ExportArguments, format: Format) -> Result<ExitCode> {
    let mut signals = Signals::listen()?;
    arguments.target.must_exist()?;
    let connection = arguments.target.connect().await?;
    let patience = Duration::from_secs(arguments.patience);
    let transfer = async {
        if is_standard(&arguments.file) {
            return copy(&connection.store, patience, Writer::new(format, io::stdout())?).await;
        }
        let part = Part::create(&arguments.file)?;
        let writer = Writer::new(format, BufWriter::new(part.file.try_clone()?))?;
        let count = copy(&connection.store, patience, writer).await?;
        part.complete(&arguments.file)?;
        Ok(count)
    };
    let count = tokio::select! {
        count = transfer => count?,
        () = signals.next() => bail!("stopped: nothing was exported"),
    };
    eprintln!("{count} exported");
    Ok(ExitCode::SUCCESS)
}

/// Writes every customer.
async fn copy<W: Write>(store: &CustomerStore, patience: Duration, mut writer: Writer<W>) -> Result<u64> {
    let mut progress = Progress::new(None);
    let (mut count, mut position) = (0, None);
    loop {
        let page = patiently(patience, || store.export(position.as_ref())).await?;
        for customer in &page.customers {
            writer.write(customer)?;
        }
        for damage in &page.damaged {
            eprintln!("left out: {damage}");
        }
        count += page.customers.len() as u64;
        progress.show(count, format!("{count} exported"));
        position = page.next;
        if position.is_none() {
            writer.finish()?;
            progress.end();
            return Ok(count);
        }
    }
}

/// A file that is not complete yet and goes away unless it becomes so.
struct Part {
    file: File,
    path: PathBuf,
}

impl Part {
    fn create(file: &Path) -> Result<Self> {
        let mut path = file.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let fails = || format!("cannot write {}", path.display());
        // One that an earlier run left, or somebody else with other rights, is not written to.
        if path.exists() {
            std::fs::remove_file(&path).with_context(fails)?;
        }
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(fails)?;
        Ok(Self { file, path })
    }

    fn complete(self, file: &Path) -> Result<()> {
        self.file.sync_all()?;
        std::fs::rename(&self.path, file).with_context(|| format!("cannot write {}", file.display()))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After `complete` it is not there any more.
        let _ = std::fs::remove_file(&self.path);
    }
}
