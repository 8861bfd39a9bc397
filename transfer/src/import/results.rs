//! What became of the records of a file: in numbers, in the report, and in the retry file.

use std::fs::Metadata;
use std::path::PathBuf;

use anyhow::Result;
use customer::{Customer, InvalidCustomer};
use store::Import;

use super::report::{Reason, Refusal, Report};
use super::retry::Retry;
use super::rows::Row;
use super::totals::Totals;

/// The results so far.
pub(super) struct Results {
    /// In numbers.
    pub(super) totals: Totals,
    /// Why records are refused.
    pub(super) report: Report,
    /// The refused records themselves; a dry run keeps none.
    pub(super) retry: Option<Retry>,
    /// Those that are too long to be kept.
    pub(super) not_kept: u64,
    /// The file that is imported.
    pub(super) input: Metadata,
}

impl Results {
    /// Notes a record that is no customer.
    ///
    /// # Errors
    /// If the files cannot be written.
    pub(super) fn rejected(&mut self, row: &Row, rejected: &InvalidCustomer) -> Result<()> {
        self.refuse(row, &Refusal::of_rejected(row.line, rejected))
    }

    /// Notes what became of a customer.
    ///
    /// # Errors
    /// If the files cannot be written.
    pub(super) fn done(&mut self, row: &Row, customer: &Customer, outcome: Import) -> Result<()> {
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
            Import::UsernameTaken => Reason::USERNAME_TAKEN,
        };
        self.refuse(row, &Refusal::of_customer(row.line, customer, reason))
    }

    fn refuse(&mut self, row: &Row, refusal: &Refusal<'_>) -> Result<()> {
        self.report.add(refusal)?;
        match (&mut self.retry, &row.text) {
            (Some(retry), Some(text)) => retry.add(text)?,
            (Some(_), None) => self.not_kept += 1,
            (None, _) => {}
        }
        self.totals.refused += 1;
        Ok(())
    }

    /// Completes the files, and puts all of it into a sentence.
    ///
    /// # Errors
    /// Beside the sentence, if the files cannot be written.
    pub(super) fn finish(self) -> (String, Result<()>) {
        let mut written = Ok(());
        let mut path = |completed: Result<Option<PathBuf>>| {
            completed.unwrap_or_else(|error| {
                written = Err(error);
                None
            })
        };
        let report = path(self.report.finish(self.totals.all_settled(), &self.input));
        let retry = path(self.retry.map_or(Ok(None), Retry::finish));
        (sentence(self.totals, report, retry, self.not_kept), written)
    }
}

fn sentence(totals: Totals, report: Option<PathBuf>, retry: Option<PathBuf>, not_kept: u64) -> String {
    let mut text = totals.to_string();
    if totals.dry_run {
        text += "; nothing was written";
    }
    if let Some(report) = report {
        text += &format!(": see {}", report.display());
    }
    if let Some(retry) = retry {
        text += &format!(
            "; to import them too, correct them in {}, which holds their secrets, and import that file",
            retry.display()
        );
    }
    if not_kept > 0 {
        text += &format!("; {not_kept} of the refused are too long to be in it");
    }
    text
}
