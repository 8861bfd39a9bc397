//! What every part of the benchmark works with.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::TempDir;

use crate::arguments::Arguments;
use crate::compile::Binaries;
use crate::database::Database;
use crate::lambda::{Lambda, Phase};
use crate::operation::Operation;

/// What every part of the benchmark works with.
pub(crate) struct Bench {
    /// What was asked for.
    pub(crate) arguments: Arguments,
    /// The project's folder.
    pub(crate) root: PathBuf,
    /// The functions and the baselines.
    pub(crate) binaries: Binaries,
    folder: TempDir,
}

impl Bench {
    /// Builds what is to be measured.
    pub(crate) fn prepare(arguments: Arguments) -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("the benchmark is not in its project")?
            .to_owned();
        let binaries = Binaries::build(&root)?;
        let folder = tempfile::tempdir().context("no folder for temporary files")?;
        Ok(Self {
            arguments,
            root,
            binaries,
            folder,
        })
    }

    /// Starts the function of an operation.
    pub(crate) fn start(
        &self,
        operation: &Operation,
        environment: &[(String, String)],
    ) -> Result<(Lambda, Phase)> {
        let log = self.folder.path().join(format!("{}.log", operation.name));
        Lambda::start(self.binaries.path(operation.binary)?, environment, &log)
    }

    /// Calls a running function for one turn of an operation.
    pub(crate) fn call(&self, lambda: &mut Lambda, operation: &Operation, turn: usize) -> Result<Phase> {
        let event = operation.event(&self.root, turn)?;
        lambda
            .call(&event, operation.status)
            .with_context(|| format!("{}, turn {turn}", operation.name))
    }

    /// The environment of a function that reaches `database` through TLS.
    pub(crate) fn environment(&self, database: &Database) -> Result<Vec<(String, String)>> {
        database.environment(&self.root, self.folder.path())
    }
}

/// A bar on standard error for a part with so many steps.
pub(crate) fn progress(part: &str, steps: usize) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{msg:<8} {wide_bar} {pos}/{len} {eta}")?;
    let bar = ProgressBar::new(steps as u64).with_style(style);
    // The bar is drawn for people only; a log gets this line.
    eprintln!("{part}: {steps} steps");
    Ok(bar.with_message(part.to_owned()))
}
