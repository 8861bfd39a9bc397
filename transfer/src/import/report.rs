//! The report: the refused records and the reasons.

use std::borrow::Cow;
use std::fs::{self, File, Metadata};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use customer::{Customer, FaultAt, InvalidCustomer};
use serde::{Deserialize, Serialize};
use serde_json::Deserializer;

use crate::file::{Part, is_same, replaced};
use crate::pipe::Pipe;

/// A line of the report. It shows only the record's id and username, because other values may be secrets.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refusal<'a> {
    line: u64,
    id: Option<String>,
    username: Option<Cow<'a, str>>,
    errors: Vec<Reason<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason<'a> {
    pointer: Cow<'a, str>,
    code: Cow<'a, str>,
    detail: Cow<'a, str>,
}

impl Reason<'static> {
    const fn new(pointer: &'static str, code: &'static str, detail: &'static str) -> Self {
        Self {
            pointer: Cow::Borrowed(pointer),
            code: Cow::Borrowed(code),
            detail: Cow::Borrowed(detail),
        }
    }

    /// Another customer has the id.
    pub(super) const ID_TAKEN: Self =
        Self::new("/id", "id_taken", "a customer with this id exists and differs");

    /// A customer with the id was erased.
    pub(super) const ID_ERASED: Self = Self::new(
        "/id",
        "id_erased",
        "a customer with this id was erased, and its id is never used again",
    );

    /// Another customer has the username.
    pub(super) const USERNAME_TAKEN: Self = Self::new(
        "/username",
        "username_taken",
        "another customer, possibly a deleted one, has this username; it is compared without regard to case",
    );
}

impl<'a> From<&'a FaultAt> for Reason<'a> {
    fn from(fault: &'a FaultAt) -> Self {
        Self {
            pointer: (&*fault.pointer).into(),
            code: fault.fault.code.as_str().into(),
            detail: (&*fault.fault.detail).into(),
        }
    }
}

impl<'a> Refusal<'a> {
    /// For a record that is not a valid customer.
    pub(super) fn of_rejected(line: u64, rejected: &'a InvalidCustomer) -> Self {
        Self {
            line,
            id: rejected.id.map(|id| id.to_string()),
            username: rejected.username.as_ref().map(|name| name.as_str().into()),
            errors: rejected.faults.iter().map(Reason::from).collect(),
        }
    }

    /// For a valid customer.
    pub(super) fn of_customer(line: u64, customer: &'a Customer, reason: Reason<'a>) -> Self {
        Self {
            line,
            id: Some(customer.id.to_string()),
            username: Some(customer.username.as_str().into()),
            errors: vec![reason],
        }
    }
}

/// Where refused records are reported.
pub(super) enum Report {
    /// On standard output, in a dry run.
    Shown(Pipe),
    /// In a file, which is created with the first refused record.
    File {
        /// Its final name.
        path: PathBuf,
        /// The file under its temporary name.
        part: Option<Part>,
    },
}

impl Report {
    /// A report on standard output.
    pub(super) fn shown() -> Self {
        Self::Shown(Pipe::new("cannot write the report"))
    }

    /// Adds a refused record.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) async fn add(&mut self, refusal: &Refusal<'_>) -> Result<()> {
        let mut line = serde_json::to_vec(refusal)?;
        line.push(b'\n');
        match self {
            Self::Shown(pipe) => pipe.write(line).await,
            Self::File { path, part } => {
                let part = match part {
                    Some(part) => part,
                    none => none.insert(Part::beside(path)?),
                };
                part.write_all(&line)
                    .with_context(|| format!("cannot write {}", path.display()))
            }
        }
    }

    /// Waits until everything is written. Gives the file its final name, replacing an earlier report. If nothing was refused in the `whole` file, the
    /// earlier report is removed.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) async fn finish(self, whole: bool, input: &Metadata) -> Result<Option<PathBuf>> {
        match self {
            Self::File {
                path,
                part: Some(part),
            } => {
                check(&path, input)?;
                part.persist(&path)?;
                Ok(Some(path))
            }
            Self::File { path, part: None } if whole && path.exists() => {
                check(&path, input)?;
                fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
                Ok(None)
            }
            Self::File { .. } => Ok(None),
            Self::Shown(pipe) => pipe.finish().await.map(|()| None),
        }
    }
}

/// Checks that a report at `path` would only replace an earlier report.
///
/// # Errors
/// A sentence if it would replace another file, or if no file can be written there.
pub(super) fn check(path: &Path, input: &Metadata) -> Result<()> {
    let Some(earlier) = replaced(path)? else {
        return Ok(());
    };
    ensure!(
        !is_same(&earlier, input),
        "the report {} would replace the file itself: choose another with --report",
        path.display()
    );
    ensure!(
        is_report(path).with_context(|| format!("cannot read {}", path.display()))?,
        "{} is no report of an import, so it is not replaced: choose another with --report",
        path.display()
    );
    Ok(())
}

/// Whether a file is a report: it has at least one refusal, and nothing else.
fn is_report(path: &Path) -> io::Result<bool> {
    let mut file = BufReader::new(File::open(path)?);
    let mut refusals = Deserializer::from_reader(&mut file)
        .into_iter::<Refusal<'static>>()
        .peekable();
    let is_empty = refusals.peek().is_none();
    for refusal in refusals {
        match refusal {
            Ok(_) => {}
            Err(error) if error.is_io() => return Err(error.into()),
            Err(_) => return Ok(false),
        }
    }
    Ok(!is_empty)
}
