//! `export`: writes every customer of a table to a file.

mod encode;
mod output;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use local::output::note;
use local::signals::Signals;

use self::output::Output;
use crate::format::{Format, is_standard};
use crate::progress::Progress;
use crate::retry::retry;
use crate::target::Target;

/// Exports every customer, including deleted ones, from the local database or a table on AWS to a file.
///
/// The file holds secrets in clear text (line_secret and line_token), and only you can read it. It gets its name when
/// it is complete, and replaces an existing file of that name.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cargo run -- export customers.ndjson
  cargo run -- export customers.csv --endpoint http://127.0.0.1:8000
  cargo run -- export - --format ndjson | gzip > customers.ndjson.gz

docs/moving-in.md describes the format.")]
pub struct ExportArguments {
    /// The file to write: .ndjson, .jsonl or .csv; - for standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The file's format, if its name does not show it
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// How long to keep retrying when the database throttles or does not answer
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,

    #[command(flatten)]
    target: Target,
}

impl ExportArguments {
    /// The file's format.
    ///
    /// # Errors
    /// A sentence if neither the name nor the option shows it.
    pub fn format(&self) -> Result<Format> {
        Format::of(&self.file, self.format)
    }
}

/// Exports, and prints how many customers there were. The exit code is 0 if all of them are in the file.
///
/// # Errors
/// A sentence if the table or the file cannot be used. An existing file is then unchanged.
pub async fn run(arguments: ExportArguments, format: Format) -> Result<ExitCode> {
    let mut signals = Signals::listen()?;
    let Totals { count, left_out } = tokio::select! {
        totals = export(&arguments, format) => totals?,
        () = signals.next() => match is_standard(&arguments.file) {
            true => bail!("stopped: the output is not complete"),
            false => bail!("stopped: nothing was exported"),
        },
    };
    if left_out == 0 {
        note(format_args!("{count} exported"));
        return Ok(ExitCode::SUCCESS);
    }
    note(format_args!(
        "{count} exported, {left_out} left out because they are damaged"
    ));
    Ok(ExitCode::FAILURE)
}

/// How many customers there were.
struct Totals {
    count: u64,
    /// Customers that cannot be read.
    left_out: u64,
}

/// Writes every customer that can be read, and lists the others on standard error.
async fn export(arguments: &ExportArguments, format: Format) -> Result<Totals> {
    output::check(&arguments.file, &arguments.target)?;
    arguments.target.must_exist()?;
    let connection = arguments.target.look().await?;
    let patience = Duration::from_secs(arguments.patience);
    let mut output = Output::new(&arguments.file)?;
    output.write(encode::header(format)?).await?;
    let mut progress = Progress::new(None);
    let (mut count, mut left_out, mut position) = (0, 0, None);
    loop {
        let page = retry(patience, || connection.store.export(position.as_ref())).await?;
        output.write(encode::customers(format, &page.customers)?).await?;
        for damage in &page.damaged {
            // Its key is a text from the table, which may command the terminal.
            note(format_args!("left out: {}", damage.to_string().escape_debug()));
        }
        left_out += page.damaged.len() as u64;
        count += page.customers.len() as u64;
        progress.show(count, format!("{count} exported"));
        position = page.next;
        if position.is_none() {
            output.finish().await?;
            progress.end();
            return Ok(Totals { count, left_out });
        }
    }
}
