//! Benchmark of the customer registry on this machine.
//!
//! | modules | hold |
//! |---|---|
//! | [`cold`], [`warm`], [`cost`], [`server`], [`events`], [`growth`] | the parts of the benchmark, one each |
//! | [`bench`] | the built binaries, and a temporary folder |
//! | [`lambda`] | a function's process under the Lambda Runtime API, and its times |
//! | [`database`] | the embedded database, behind TLS as DynamoDB is |
//! | [`operation`] | the events, and the customers that they are about |
//! | [`report`], [`chart`] | `docs/performance.md` and its charts |
//!
//! No figure makes it fail: it reports, and people judge.

mod bench;
mod chart;
mod cold;
mod cost;
mod database;
mod events;
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

/// Measures the customer registry, and writes the figures to docs/performance.md.
///
/// It builds the functions as they are deployed and two baselines: `floor`, which answers `{}`, and `usual`, which gets
/// a customer with every library's defaults. Everything runs on this machine.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The parts to run; all by default
    #[arg(value_enum)]
    parts: Vec<Part>,

    /// How often each function is started for the cold figures
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=500))]
    starts: u16,

    /// Fewer starts, calls and customers: a quick look, not a measurement
    #[arg(long)]
    quick: bool,
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Cold starts of every function and both baselines
    Cold,
    /// Calls of running functions
    Warm,
    /// The local server with 1 to 64 clients
    Server,
    /// Events of the local server, with and without bad endpoints
    Events,
    /// Capacity units and prices of each operation
    Cost,
    /// Latency with up to a million customers
    Growth,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let bench = Bench::prepare()?;
    let mut report = Report::open()?;
    let result = measure(&arguments, &bench, &mut report).await;
    // Figures that were measured before a failure are kept.
    report.save()?;
    result
}

/// Runs the parts that were asked for, and writes the figures into the report.
async fn measure(arguments: &Arguments, bench: &Bench, report: &mut Report) -> Result<()> {
    let wants = |part| arguments.parts.is_empty() || arguments.parts.contains(&part);
    let quick_or = |quick, full| if arguments.quick { quick } else { full };
    report.set("machine", &report::machine()?);
    let mut warm = None;
    // The price of a call depends on its duration, so `cost` needs `warm`.
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
    if wants(Part::Events) {
        events::measure(quick_or(200, 1000), report).await?;
    }
    if wants(Part::Growth) {
        let sizes = [1_000, 10_000, 100_000, 1_000_000];
        growth::measure(bench, &sizes[..quick_or(3, 4)], report).await?;
    }
    Ok(())
}
