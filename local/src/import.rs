//! `import`: the customers of a file into a table, once, however often it is run.

mod report;
mod rows;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use shared::customer::Customer;
use shared::store::{CustomerStore, Import, text_of};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::report::Report;
use self::rows::{Row, rows};
use crate::signals::Signals;
use crate::transfer::progress::Progress;
use crate::transfer::target::Target;
use crate::transfer::{Format, is_standard, patiently};

/// How many transactions are under way at once.
const IN_FLIGHT: usize = 4;

/// Imports customers from a file into the local database, or into a table on AWS.
///
/// A record has the 12 fields of the API. id, username and tm_create are required; ids, moments and deletions are
/// kept. Records that break a rule or meet another customer are left out and listed in the report; all others go in.
/// Running it again does no harm: it skips what is there and goes on.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cargo run -- import customers.csv
  cargo run -- import customers.ndjson --endpoint http://127.0.0.1:8000
  zcat customers.ndjson.gz | cargo run -- import - --format ndjson

Exit status: 0 if every record is in the table, 1 if not, 2 if the arguments are wrong.
docs/moving-in.md has the format, what is refused and what it costs.")]
pub struct ImportArguments {
    /// A file of customers, .ndjson, .jsonl or .csv; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// How the file is written, if its name does not tell
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// Where the refused records are listed [default: FILE.refused.ndjson]
    #[arg(long, value_name = "PATH")]
    report: Option<PathBuf>,

    /// How long to repeat what the database refuses or leaves unanswered for now
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,

    #[command(flatten)]
    target: Target,
}

impl ImportArguments {
    /// How the file is written.
    ///
    /// # Errors
    /// A sentence if nothing tells.
    pub fn format(&self) -> Result<Format> {
        Format::of(&self.file, self.format)
    }

    fn report(&self) -> PathBuf {
        self.report.clone().unwrap_or_else(|| {
            let file = if is_standard(&self.file) {
                "import".as_ref()
            } else {
                self.file.as_os_str()
            };
            let mut path = file.to_owned();
            path.push(".refused.ndjson");
            path.into()
        })
    }

    /// The file, and how many bytes it has if it is one.
    fn open(&self) -> Result<(Box<dyn Read + Send>, Option<u64>)> {
        if is_standard(&self.file) {
            return Ok((Box::new(io::stdin()), None));
        }
        let name = self.file.display();
        let file = File::open(&self.file).with_context(|| format!("cannot read {name}"))?;
        let metadata = file.metadata().with_context(|| format!("cannot read {name}"))?;
        ensure!(!metadata.is_dir(), "cannot read {name}: it is a folder");
        Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
    }
}

/// Imports, and says how it went. The exit code tells whether every record is in the table.
///
/// # Errors
/// A sentence if the file or the table cannot be used. What was imported before is reported and stays.
pub async fn run(arguments: ImportArguments, format: Format) -> Result<ExitCode> {
    let mut signals = Signals::listen()?;
    let report = arguments.report();
    ensure!(
        report != arguments.file,
        "the report would replace the file: choose another with --report"
    );
    let (input, length) = arguments.open()?;
    let connection = arguments.target.connect().await?;
    let mut importer = Importer {
        store: connection.store.clone(),
        patience: Duration::from_secs(arguments.patience),
        batch: Vec::new(),
        text: 0,
        in_flight: JoinSet::new(),
        keys: HashSet::new(),
        read: 0,
        report: Report::new(report)?,
        progress: Progress::new(length),
    };
    let fed = tokio::select! {
        fed = importer.feed(read(format, input)) => fed,
        () = signals.next() => {
            eprintln!("stopping when the transactions under way have ended; Ctrl-C again ends at once");
            Err(anyhow::anyhow!("stopped before the end of the file"))
        }
    };
    let drained = tokio::select! {
        drained = importer.drain() => drained,
        () = signals.next() => Ok(()),
    };
    importer.end(fed.and(drained))
}

/// Reads the rows on a thread of its own, which may wait for standard input for ever, a few rows ahead.
fn read(format: Format, input: impl Read + Send + 'static) -> mpsc::Receiver<Result<Row>> {
    let (sender, receiver) = mpsc::channel(2 * CustomerStore::MAX_IMPORT);
    std::thread::spawn(move || {
        let rows = match rows(format, input) {
            Ok(rows) => rows,
            Err(error) => return drop(sender.blocking_send(Err(error))),
        };
        for row in rows {
            let last = row.is_err();
            if sender.blocking_send(row).is_err() || last {
                return;
            }
        }
    });
    receiver
}

/// A customer and its line.
struct Entry {
    line: u64,
    customer: Customer,
}

/// A transaction that has ended.
type Done = Result<(Vec<Entry>, Vec<Import>)>;

/// An import under way.
struct Importer {
    store: CustomerStore,
    patience: Duration,
    batch: Vec<Entry>,
    /// How large the batch is.
    text: usize,
    in_flight: JoinSet<Done>,
    /// The ids and usernames of the batch and of what is in flight.
    keys: HashSet<String>,
    /// The bytes of the file that were read.
    read: u64,
    report: Report,
    progress: Progress,
}

impl Importer {
    /// Takes every row. It can be dropped at any time; then [`drain`](Self::drain) waits for what is in flight.
    async fn feed(&mut self, mut rows: mpsc::Receiver<Result<Row>>) -> Result<()> {
        while let Some(row) = rows.recv().await {
            let Row { line, end, customer } = row?;
            self.read = end;
            match customer {
                Ok(customer) => self.add(Entry { line, customer }).await?,
                Err(rejected) => self.report.rejected(line, &rejected)?,
            }
        }
        self.send().await
    }

    async fn add(&mut self, entry: Entry) -> Result<()> {
        let keys = keys(&entry.customer);
        // Two that want the same id or username go one after the other, so that the first in the file gets it.
        if keys.iter().any(|key| self.keys.contains(key)) {
            self.send().await?;
            self.drain().await?;
        }
        let text = text_of(&entry.customer);
        if self.batch.len() == CustomerStore::MAX_IMPORT || self.text + text > CustomerStore::MAX_IMPORT_TEXT
        {
            self.send().await?;
        }
        self.keys.extend(keys);
        self.text += text;
        self.batch.push(entry);
        Ok(())
    }

    /// Sends the batch off, as soon as there are few enough in flight.
    async fn send(&mut self) -> Result<()> {
        while self.in_flight.len() >= IN_FLIGHT {
            self.settle_next().await?;
        }
        self.text = 0;
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            self.in_flight
                .spawn(import(self.store.clone(), self.patience, batch));
        }
        Ok(())
    }

    /// Waits for all that is in flight.
    async fn drain(&mut self) -> Result<()> {
        let mut drained = Ok(());
        while !self.in_flight.is_empty() {
            drained = drained.and(self.settle_next().await);
        }
        drained
    }

    async fn settle_next(&mut self) -> Result<()> {
        let Some(done) = self.in_flight.join_next().await else {
            return Ok(());
        };
        let (batch, outcomes) = done.context("an import panicked")??;
        for (Entry { line, customer }, outcome) in batch.into_iter().zip(outcomes) {
            for key in keys(&customer) {
                self.keys.remove(&key);
            }
            self.report.done(line, &customer, outcome)?;
        }
        self.progress.show(self.read, self.report.totals.to_string());
        Ok(())
    }

    fn end(mut self, outcome: Result<()>) -> Result<ExitCode> {
        self.progress.end();
        self.report.finish()?;
        let Report { totals, path, .. } = self.report;
        if totals.refused > 0 {
            eprintln!("{totals}: see {}", path.display());
        } else {
            eprintln!("{totals}");
        }
        match outcome {
            Ok(()) if totals.refused == 0 => Ok(ExitCode::SUCCESS),
            Ok(()) => Ok(ExitCode::FAILURE),
            Err(error) => bail!("{error:#}; what is imported stays, and the same command goes on from there"),
        }
    }
}

/// What no two customers share: a UUID, and a name in lower case, neither of which can be taken for the other.
fn keys(customer: &Customer) -> [String; 2] {
    [
        format!("customer#{}", customer.id),
        format!("username#{}", customer.username.key()),
    ]
}

async fn import(store: CustomerStore, patience: Duration, batch: Vec<Entry>) -> Done {
    let (lines, customers): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .map(|Entry { line, customer }| (line, customer))
        .unzip();
    let outcomes = patiently(patience, || store.import(&customers)).await?;
    let entries = lines.into_iter().zip(customers);
    Ok((
        entries.map(|(line, customer)| Entry { line, customer }).collect(),
        outcomes,
    ))
}
