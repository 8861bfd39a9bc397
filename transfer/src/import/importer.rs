//! A running import: transactions of several customers each, several in flight, completed in the order of the file.

use std::collections::{HashSet, VecDeque};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use customer::Customer;
use local::output::note;
use store::{CustomerStore, Import, text_size};
use tokio::task::JoinHandle;

use super::plan::Plan;
use super::reader::Reader;
use super::results::Results;
use super::rows::Row;
use crate::progress::Progress;
use crate::retry::retry;

/// How many transactions are in flight at once.
const IN_FLIGHT: usize = 4;

/// The rows of a transaction, and the outcome for each customer.
type Done = Result<(Vec<Row>, Vec<Import>)>;

/// An import, or a dry run of one.
pub(super) struct Importer {
    store: CustomerStore,
    patience: Duration,
    /// What a dry run would have written so far.
    plan: Option<Plan>,
    batch: Vec<Row>,
    /// The batch's size as text.
    text: usize,
    /// Oldest first.
    in_flight: VecDeque<JoinHandle<Done>>,
    /// The ids and usernames in the batch and in flight.
    keys: HashSet<String>,
    /// How many bytes of the file were read.
    bytes: u64,
    /// Whether the file cannot be read to its end.
    unreadable: bool,
    results: Results,
    progress: Progress,
}

impl Importer {
    pub(super) fn new(
        store: CustomerStore,
        patience: Duration,
        results: Results,
        progress: Progress,
    ) -> Self {
        Self {
            store,
            patience,
            plan: results.totals.dry_run.then(Plan::default),
            batch: Vec::new(),
            text: 0,
            in_flight: VecDeque::new(),
            keys: HashSet::new(),
            bytes: 0,
            unreadable: false,
            results,
            progress,
        }
    }

    /// Imports every row. This future can be dropped at any time, and [`drain`](Self::drain) then waits for what is in
    /// flight. A dry run ends there, because it may wait for somebody to read its report.
    pub(super) async fn work(&mut self, mut reader: Reader) -> Result<()> {
        let fed = self.feed(&mut reader).await;
        let drained = self.drain().await;
        fed.and(drained)
    }

    async fn feed(&mut self, reader: &mut Reader) -> Result<()> {
        let ended = loop {
            match reader.next().await {
                Ok(Some(row)) => {
                    self.results.totals.read += 1;
                    self.bytes = row.end;
                    self.add(row).await?;
                }
                Ok(None) => {
                    self.results.totals.at_end = true;
                    break Ok(());
                }
                // The rows before the error are still imported.
                Err(error) => {
                    self.unreadable = true;
                    break Err(error);
                }
            }
        };
        let sent = self.send().await;
        ended.and(sent)
    }

    async fn add(&mut self, row: Row) -> Result<()> {
        let keys = row.customer.as_ref().map_or_else(|_| Vec::new(), keys);
        // Rows with the same id or username are sent one after the other, so that the first in the file wins.
        if keys.iter().any(|key| self.keys.contains(key)) {
            self.send().await?;
            self.drain().await?;
        }
        let text = match &row.customer {
            Ok(customer) => text_size(customer),
            Err(_) => row.text.as_ref().map_or(0, Vec::len),
        };
        if self.batch.len() == CustomerStore::MAX_IMPORT || self.text + text > CustomerStore::MAX_IMPORT_TEXT
        {
            self.send().await?;
        }
        self.keys.extend(keys);
        self.text += text;
        self.batch.push(row);
        Ok(())
    }

    /// Sends the batch as soon as few enough are in flight.
    async fn send(&mut self) -> Result<()> {
        while self.in_flight.len() >= IN_FLIGHT {
            self.settle_next().await?;
        }
        self.text = 0;
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            let (store, dry_run) = (self.store.clone(), self.plan.is_some());
            let task = tokio::spawn(settle(store, dry_run, self.patience, batch));
            self.in_flight.push_back(task);
        }
        Ok(())
    }

    /// Waits for everything in flight.
    pub(super) async fn drain(&mut self) -> Result<()> {
        let mut drained = Ok(());
        while !self.in_flight.is_empty() {
            drained = drained.and(self.settle_next().await);
        }
        drained
    }

    async fn settle_next(&mut self) -> Result<()> {
        let Some(next) = self.in_flight.front_mut() else {
            return Ok(());
        };
        let done = next.await;
        self.in_flight.pop_front();
        let (rows, outcomes) = done.context("an import panicked")??;
        let mut outcomes = outcomes.into_iter();
        for row in &rows {
            match &row.customer {
                Err(rejected) => self.results.rejected(row, rejected).await?,
                Ok(customer) => {
                    let outcome = outcomes.next();
                    let outcome = outcome.context("the store lost a customer")?;
                    self.done(row, customer, outcome).await?;
                }
            }
        }
        self.progress.show(self.bytes, self.results.totals.to_string());
        Ok(())
    }

    async fn done(&mut self, row: &Row, customer: &Customer, outcome: Import) -> Result<()> {
        for key in keys(customer) {
            self.keys.remove(&key);
        }
        let outcome = match &mut self.plan {
            Some(plan) => plan.add(customer, outcome)?,
            None => outcome,
        };
        self.results.done(row, customer, outcome).await
    }

    /// Prints the outcome. The exit status is 0 only if the totals show that every record is in the table.
    pub(super) async fn end(self, outcome: Result<()>) -> Result<ExitCode> {
        self.progress.end();
        let totals = self.results.totals;
        let (sentence, written) = self.results.finish().await;
        note(&sentence);
        let failure = match outcome.and(written) {
            Err(error) => format!("{error:#}"),
            Ok(()) if totals.all_there() => return Ok(ExitCode::SUCCESS),
            Ok(()) if totals.all_settled() => return Ok(ExitCode::FAILURE),
            Ok(()) if totals.at_end => "stopped before the last transactions ended".to_owned(),
            Ok(()) => "stopped before the end of the file".to_owned(),
        };
        let more = match totals.unsettled() {
            0 => String::new(),
            count => format!("; {count} more records were read, which may or may not be in the table"),
        };
        if totals.dry_run {
            bail!("{failure}");
        } else if totals.read == totals.refused {
            bail!("{failure}; nothing was imported");
        }
        let again = match self.unreadable {
            true => "correct the file, and run the same command again",
            false => "run the same command again to continue",
        };
        bail!("{failure}{more}; what is imported stays: {again}");
    }
}

/// The unique keys of a customer: its id, and its username in lower case. The prefixes keep them apart.
fn keys(customer: &Customer) -> Vec<String> {
    vec![
        format!("customer#{}", customer.id),
        format!("username#{}", customer.username.key()),
    ]
}

/// Writes the customers of these rows, or in a dry run looks them up.
async fn settle(store: CustomerStore, dry_run: bool, patience: Duration, rows: Vec<Row>) -> Done {
    let customers: Vec<_> = rows.iter().filter_map(|row| row.customer.clone().ok()).collect();
    if customers.is_empty() {
        return Ok((rows, Vec::new()));
    }
    let outcomes = if dry_run {
        retry(patience, || store.check_import(&customers)).await?
    } else {
        retry(patience, || store.import(&customers)).await?
    };
    Ok((rows, outcomes))
}
