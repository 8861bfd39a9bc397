//! `import`: writes the customers of a file into a table. It is idempotent.

mod importer;
mod plan;
mod reader;
mod report;
mod results;
mod retry_file;
mod rows;
mod totals;

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser as _};
use local::output::note;
use local::signals::Signals;
use tokio::sync::oneshot;

use self::importer::Importer;
use self::reader::Reader;
use self::report::Report;
use self::results::Results;
use self::retry_file::RetryFile;
use self::totals::Totals;
use crate::file::resolved;
use crate::format::{Format, is_standard};
use crate::progress::Progress;
use crate::target::{Connection, Target};

/// Imports customers from a file into the local database, or into a table on AWS.
///
/// A record has the 12 fields of the API. id, username and tm_create are required; ids, timestamps and deletions are
/// kept. Records that break a rule or conflict with another customer are refused; all others are imported. The report
/// says why. The refused records themselves are in a file like customers.retry.csv, to be corrected and imported with
/// the same command; it holds their secrets, and only you can read it. It is safe to run an import again: it skips
/// the customers that are already there.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cargo run -- import customers.csv
  cargo run -- import customers.ndjson --endpoint http://127.0.0.1:8000
  cargo run -- import customers.csv --dry-run
  zcat customers.ndjson.gz | cargo run -- import - --format ndjson

Exit status: 0 if every record is in the table, 1 if not, 2 if the arguments are wrong. With --dry-run it is the status
that the import would have.
docs/moving-in.md describes the format, what is refused and what it costs.")]
pub struct ImportArguments {
    /// The file to read: .ndjson, .jsonl or .csv; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The file's format, if its name does not show it
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// The report of refused records and the reasons [default: FILE.refused.ndjson]; the refused records themselves
    /// go into a file in the same folder, named like customers.retry.csv
    #[arg(long, value_name = "PATH", value_parser = PathBufValueParser::new().try_map(named))]
    report: Option<PathBuf>,

    /// Check all records, also against the table, but write nothing; the report goes to standard output
    #[arg(long, conflicts_with = "report")]
    dry_run: bool,

    /// How long to keep retrying when the database throttles or does not answer
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,

    #[command(flatten)]
    target: Target,
}

impl ImportArguments {
    /// The file's format.
    ///
    /// # Errors
    /// A sentence if neither the name nor the option shows it.
    pub fn format(&self) -> Result<Format> {
        Format::of(&self.file, self.format)
    }

    /// The base name of the files that this import writes.
    fn name(&self) -> &Path {
        if is_standard(&self.file) {
            Path::new("import")
        } else {
            &self.file
        }
    }

    fn report(&self) -> PathBuf {
        self.report.clone().unwrap_or_else(|| {
            let mut path = self.name().as_os_str().to_owned();
            path.push(".refused.ndjson");
            path.into()
        })
    }

    /// Opens the file to read. On a thread of its own: a named pipe opens only when somebody writes to it.
    async fn open(&self) -> Result<(File, Metadata)> {
        let path = self.file.clone();
        let name = path.display().to_string();
        let (done, opened) = oneshot::channel();
        std::thread::spawn(move || {
            // Nobody receives this if the import was stopped.
            let _ = done.send(open(&path));
        });
        let opened = opened.await?.with_context(|| format!("cannot read {name}"))?;
        ensure!(!opened.1.is_dir(), "cannot read {name}: it is a folder");
        Ok(opened)
    }
}

/// The path of a report, which is a file unless this is a dry run.
fn named(path: PathBuf) -> Result<PathBuf, &'static str> {
    match is_standard(&path) {
        true => Err("a report is a file; only that of --dry-run goes to standard output"),
        false => Ok(path),
    }
}

fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let file = match is_standard(path) {
        true => File::from(io::stdin().as_fd().try_clone_to_owned()?),
        false => File::open(path)?,
    };
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

/// Imports, and prints the outcome. The exit code is 0 if every record is in the table.
///
/// # Errors
/// A sentence if the file or the table cannot be used. What was already imported is reported and stays.
pub async fn run(arguments: ImportArguments, format: Format) -> Result<ExitCode> {
    let mut signals = Signals::listen()?;
    let begun = tokio::select! {
        begun = begin(&arguments, format) => begun,
        () = signals.next() => bail!("stopped: nothing was imported"),
    };
    let (mut importer, reader, _connection) = begun?;
    if arguments.dry_run {
        let check = async {
            let outcome = importer.work(reader).await;
            importer.end(outcome).await
        };
        return tokio::select! {
            checked = check => checked,
            () = signals.next() => bail!("stopped: the check is not complete; nothing was written"),
        };
    }
    let outcome = tokio::select! {
        outcome = importer.work(reader) => outcome,
        () = signals.next() => {
            note("stopping after the transactions in progress; press Ctrl-C again to stop immediately");
            tokio::select! {
                drained = importer.drain() => drained,
                () = signals.next() => Ok(()),
            }
        }
    };
    importer.end(outcome).await
}

/// Checks that the file, the report and the table can be used, in this order, so that an unusable file creates no
/// database.
async fn begin(arguments: &ImportArguments, format: Format) -> Result<(Importer, Reader, Connection)> {
    let (file, input) = arguments.open().await?;
    let length = input.is_file().then_some(input.len());
    let path = arguments.report();
    report::check(&path, &input)?;
    let reader = Reader::start(format, file).await?;
    let target = &arguments.target;
    let connection = if arguments.dry_run {
        target.look().await?
    } else {
        target.connect().await?
    };
    let retry_file = RetryFile::new(&path, arguments.name(), format, reader.header.clone());
    let report = if arguments.dry_run {
        Report::shown()
    } else {
        Report::File {
            path: resolved(&path)?,
            part: None,
        }
    };
    let results = Results {
        totals: Totals {
            dry_run: arguments.dry_run,
            ..Totals::default()
        },
        report,
        retry_file: (!arguments.dry_run).then_some(retry_file),
        not_kept: 0,
        input,
    };
    let patience = Duration::from_secs(arguments.patience);
    let importer = Importer::new(connection.store.clone(), patience, results, Progress::new(length));
    Ok((importer, reader, connection))
}
