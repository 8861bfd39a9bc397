//! An import under way: transactions of several customers each, a few of them at once, settled in the file's order.

use std::collections::{HashSet, VecDeque};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use customer::Customer;
use store::{CustomerStore, Import, text_size};
use tokio::task::JoinHandle;

use super::plan::Plan;
use super::reader::Reader;
use super::results::Results;
use super::rows::Row;
use crate::patience::patiently;
use crate::progress::Progress;

/// How many transactions are under way at once.
const IN_FLIGHT: usize = 4;

/// Rows whose customers went to the table, and what became of each customer there.
type Done = Result<(Vec<Row>, Vec<Import>)>;

/// An import, or a dry run of one.
pub(super) struct Importer {
    store: CustomerStore,
    patience: Duration,
    /// What a dry run would have written.
    plan: Option<Plan>,
    batch: Vec<Row>,
    /// How large the batch is.
    text: usize,
    /// Oldest first.
    in_flight: VecDeque<JoinHandle<Done>>,
    /// The ids and usernames of the batch and of what is in flight.
    keys: HashSet<String>,
    /// The bytes of the file that were read.
    bytes: u64,
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
            results,
            progress,
        }
    }

    /// Takes every row, and waits for what becomes of it. It can be dropped at any time; then [`drain`](Self::drain)
    /// waits for what is in flight.
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
                // What stands before that is imported all the same.
                Err(error) => break Err(error),
            }
        };
        let sent = self.send().await;
        ended.and(sent)
    }

    async fn add(&mut self, row: Row) -> Result<()> {
        let keys = row.customer.as_ref().map_or_else(|_| Vec::new(), keys);
        // Two that want the same id or username go one after the other, so that the first in the file gets it.
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

    /// Sends the batch off, as soon as there are few enough in flight.
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

    /// Waits for all that is in flight.
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
                Err(rejected) => self.results.rejected(row, rejected)?,
                Ok(customer) => {
                    let outcome = outcomes.next();
                    self.done(row, customer, outcome.context("the store lost a customer")?)?;
                }
            }
        }
        self.progress.show(self.bytes, self.results.totals.to_string());
        Ok(())
    }

    fn done(&mut self, row: &Row, customer: &Customer, outcome: Import) -> Result<()> {
        for key in keys(customer) {
            self.keys.remove(&key);
        }
        let outcome = match &mut self.plan {
            Some(plan) => plan.add(customer, outcome)?,
            None => outcome,
        };
        self.results.done(row, customer, outcome)
    }

    /// Says how it went. That the exit status is 0 follows from the totals alone.
    pub(super) fn end(self, outcome: Result<()>) -> Result<ExitCode> {
        self.progress.end();
        let totals = self.results.totals;
        let (sentence, written) = self.results.finish();
        eprintln!("{sentence}");
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
        bail!("{failure}{more}; what is imported stays, and the same command goes on from there");
    }
}

/// What no two customers share: a UUID, and a name in lower case, neither of which can be taken for the other.
fn keys(customer: &Customer) -> Vec<String> {
    vec![
        format!("customer#{}", customer.id),
        format!("username#{}", customer.username.key()),
    ]
}

/// Brings the customers of these rows to the table, or asks it about them.
async fn settle(store: CustomerStore, dry_run: bool, patience: Duration, rows: Vec<Row>) -> Done {
    let customers: Vec<_> = rows.iter().filter_map(|row| row.customer.clone().ok()).collect();
    if customers.is_empty() {
        return Ok((rows, Vec::new()));
    }
    let outcomes = if dry_run {
        patiently(patience, || store.check_import(&customers)).await?
    } else {
        patiently(patience, || store.import(&customers)).await?
    };
    Ok((rows, outcomes))
}
