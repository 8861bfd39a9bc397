//! The results of an import: totals, report and retry file.

use std::fs::Metadata;
use std::path::PathBuf;

use anyhow::Result;
use customer::{Customer, InvalidCustomer};
use store::Import;

use super::report::{Reason, Refusal, Report};
use super::retry_file::RetryFile;
use super::rows::Row;
use super::totals::Totals;

/// The results so far.
pub(super) struct Results {
    /// The totals.
    pub(super) totals: Totals,
    /// The report of refused records.
    pub(super) report: Report,
    /// The refused records themselves; `None` in a dry run.
    pub(super) retry_file: Option<RetryFile>,
    /// How many refused records are too long to be kept.
    pub(super) not_kept: u64,
    /// The imported file.
    pub(super) input: Metadata,
}

impl Results {
    /// Records a row that is not a valid customer.
    ///
    /// # Errors
    /// If the files cannot be written.
    pub(super) async fn rejected(&mut self, row: &Row, rejected: &InvalidCustomer) -> Result<()> {
        self.refuse(row, &Refusal::of_rejected(row.line, rejected)).await
    }

    /// Records the outcome for a customer.
    ///
    /// # Errors
    /// If the files cannot be written.
    pub(super) async fn done(&mut self, row: &Row, customer: &Customer, outcome: Import) -> Result<()> {
        let reason = match outcome {
            Import::Written => {
                self.totals.imported += 1;
                return Ok(());
            }
            Import::AlreadyThere => {
                self.totals.already_there += 1;
                return Ok(());
            }
            Import::IdTaken => Reason::ID_TAKEN,
            Import::IdErased => Reason::ID_ERASED,
            Import::UsernameTaken => Reason::USERNAME_TAKEN,
        };
        self.refuse(row, &Refusal::of_customer(row.line, customer, reason))
            .await
    }

    async fn refuse(&mut self, row: &Row, refusal: &Refusal<'_>) -> Result<()> {
        self.report.add(refusal).await?;
        match (&mut self.retry_file, &row.text) {
            (Some(retry_file), Some(text)) => retry_file.add(text)?,
            (Some(_), None) => self.not_kept += 1,
            (None, _) => {}
        }
        self.totals.refused += 1;
        Ok(())
    }

    /// Completes the files, and summarises the import in a sentence.
    ///
    /// # Errors
    /// In addition to the sentence, if the files cannot be written.
    pub(super) async fn finish(self) -> (String, Result<()>) {
        let mut written = Ok(());
        let mut path = |completed: Result<Option<PathBuf>>| {
            completed.unwrap_or_else(|error| {
                written = Err(error);
                None
            })
        };
        let report = self.report.finish(self.totals.all_settled(), &self.input);
        let report = path(report.await);
        let retry_file = path(self.retry_file.map_or(Ok(None), RetryFile::finish));
        (sentence(self.totals, report, retry_file, self.not_kept), written)
    }
}

fn sentence(totals: Totals, report: Option<PathBuf>, retry_file: Option<PathBuf>, not_kept: u64) -> String {
    let mut text = totals.to_string();
    if totals.dry_run {
        text += "; nothing was written";
    }
    if let Some(report) = report {
        text += &format!(": see {}", report.display());
    }
    if let Some(retry_file) = retry_file {
        text += &format!(
            "; to import them too, correct them in {}, which holds their secrets, and import that file",
            retry_file.display()
        );
    }
    if not_kept > 0 {
        text += &format!("; {not_kept} of the refused are too long to be in it");
    }
    text
}
