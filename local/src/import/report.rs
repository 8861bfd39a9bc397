//! What an import did: its totals, and a file with every record that was refused.

use std::fmt;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Serialize;
use shared::customer::{Customer, Fault, Rejected};
use shared::store::Import;

/// How many records there were.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    /// Written to the table.
    pub(super) imported: u64,
    /// In the table before, the same in every field.
    pub(super) already_there: u64,
    /// Left out.
    pub(super) refused: u64,
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            imported,
            already_there,
            refused,
        } = self;
        write!(
            f,
            "{imported} imported, {already_there} already there, {refused} refused"
        )
    }
}

/// The totals so far, and the file, which is made when the first record is refused.
pub(super) struct Report {
    /// So far.
    pub(super) totals: Totals,
    /// The file of the refused.
    pub(super) path: PathBuf,
    file: Option<BufWriter<File>>,
}

/// A line of the file. Of the record it shows its id and username alone: the rest may be secrets.
#[derive(Serialize)]
struct Refusal<'a> {
    line: u64,
    id: Option<String>,
    username: Option<&'a str>,
    errors: Vec<Reason<'a>>,
}

#[derive(Serialize)]
struct Reason<'a> {
    pointer: &'a str,
    code: &'static str,
    detail: &'a str,
}

impl<'a> From<&'a Fault> for Reason<'a> {
    fn from(fault: &'a Fault) -> Self {
        Self {
            pointer: &fault.pointer,
            code: fault.invalid.code.as_str(),
            detail: &fault.invalid.detail,
        }
    }
}

const ID_TAKEN: Reason<'static> = Reason {
    pointer: "/id",
    code: "id_taken",
    detail: "a customer with this id exists and differs",
};

const USERNAME_TAKEN: Reason<'static> = Reason {
    pointer: "/username",
    code: "username_taken",
    detail: "another customer, possibly a deleted one, has this username; it is compared without regard to case",
};

impl Report {
    /// A report whose refusals go to `path`; those of an earlier run are removed from there.
    ///
    /// # Errors
    /// If they cannot be.
    pub(super) fn new(path: PathBuf) -> Result<Self> {
        if path.is_file() {
            std::fs::remove_file(&path).with_context(|| format!("cannot replace {}", path.display()))?;
        }
        Ok(Self {
            totals: Totals::default(),
            path,
            file: None,
        })
    }

    /// Notes a record that is no customer.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn rejected(&mut self, line: u64, rejected: &Rejected) -> Result<()> {
        self.refuse(&Refusal {
            line,
            id: rejected.id.map(|id| id.to_string()),
            username: rejected.username.as_ref().map(|username| username.as_str()),
            errors: rejected.faults.iter().map(Reason::from).collect(),
        })
    }

    /// Notes what became of a customer.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn done(&mut self, line: u64, customer: &Customer, outcome: Import) -> Result<()> {
        let reason = match outcome {
            Import::Written => {
                self.totals.imported += 1;
                return Ok(());
            }
            Import::AlreadyThere => {
                self.totals.already_there += 1;
                return Ok(());
            }
            Import::IdTaken => ID_TAKEN,
            Import::UsernameTaken => USERNAME_TAKEN,
        };
        self.refuse(&Refusal {
            line,
            id: Some(customer.id.to_string()),
            username: Some(customer.username.as_str()),
            errors: vec![reason],
        })
    }

    fn refuse(&mut self, refusal: &Refusal<'_>) -> Result<()> {
        let written = self.write(refusal);
        written.with_context(|| format!("cannot write {}", self.path.display()))?;
        self.totals.refused += 1;
        Ok(())
    }

    fn write(&mut self, refusal: &Refusal<'_>) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(BufWriter::new(File::create(&self.path)?)),
        };
        serde_json::to_writer(&mut *file, refusal)?;
        file.write_all(b"\n")?;
        Ok(())
    }

    /// Makes sure that the file is whole.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn finish(&mut self) -> Result<()> {
        let flushed = self.file.as_mut().map_or(Ok(()), Write::flush);
        flushed.with_context(|| format!("cannot write {}", self.path.display()))
    }
}
