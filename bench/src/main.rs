//! What the customer registry costs, measured on this machine.
//!
//! | modules | hold |
//! |---|---|
//! | [`cold`], [`warm`], [`cost`], [`server`], [`growth`] | the parts: what each measures, and how it reports it |
//! | [`bench`] | the built binaries, and what else all parts share |
//! | [`lambda`] | a function's process under the Lambda Runtime API, and a stopwatch |
//! | [`database`] | what the function talks to: the embedded database, with TLS as AWS has it |
//! | [`operation`] | what the function is asked, and the customers it is asked for |
//! | [`report`], [`chart`] | the document |
//!
//! Nothing here passes or fails by a clock: the figures are reported, and people judge them.

mod bench;
mod chart;
mod cold;
mod cost;
mod database;
mod growth;
mod lambda;
mod operation;
mod report;
mod server;
mod warm;

use anyhow::Result;
use clap::{Parser, ValueEnum};

use crate::bench::Bench;
use crate::report::Report;

/// Measures what the customer registry costs, and writes the figures to docs/performance.md.
///
/// It builds the functions as they are deployed and two baselines beside them: `floor`, which answers `{}`, and
/// `usual`, which gets a customer with every library's defaults. Everything runs on this machine.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// What to measure; everything by default
    #[arg(value_enum)]
    parts: Vec<Part>,

    /// How often each function is started for the cold figures
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=500))]
    starts: u16,

    /// Fewer starts, calls and customers: a look, not a measurement
    #[arg(long)]
    quick: bool,
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// From a new process to the end of its first call, for every function and both baselines
    Cold,
    /// Calls of functions that run already
    Warm,
    /// The local server under one and more clients
    Server,
    /// Capacity units and dollars
    Cost,
    /// Up to a million customers
    Growth,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let bench = Bench::prepare()?;
    let mut report = Report::open()?;
    let result = measure(&arguments, &bench, &mut report).await;
    // What was measured before a failure is kept.
    report.save()?;
    result
}

/// Measures what was asked for, each part into its block of the report.
async fn measure(arguments: &Arguments, bench: &Bench, report: &mut Report) -> Result<()> {
    let wants = |part| arguments.parts.is_empty() || arguments.parts.contains(&part);
    let quick_or = |quick, full| if arguments.quick { quick } else { full };
    report.set("machine", &report::machine()?);
    let mut warm = None;
    // What a call costs depends on how long it takes: `cost` has `warm` measured as well.
    if wants(Part::Warm) || wants(Part::Cost) {
        warm = Some(warm::measure(bench, quick_or(120, 300), report).await?);
    }
    if wants(Part::Cold) {
        let starts = usize::from(arguments.starts).min(quick_or(7, usize::MAX));
        cold::measure(bench, starts, warm.as_ref(), report).await?;
    }
    if let Some(warm) = warm.filter(|_| wants(Part::Cost)) {
        cost::measure(bench, &warm, report).await?;
    }
    if wants(Part::Server) {
        server::measure(quick_or(500, 3000), report).await?;
    }
    if wants(Part::Growth) {
        let sizes = [1_000, 10_000, 100_000, 1_000_000];
        growth::measure(bench, &sizes[..quick_or(3, 4)], report).await?;
    }
    Ok(())
}
