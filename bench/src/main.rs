//! What the customer registry costs, measured on this machine.
//!
//! | modules | hold |
//! |---|---|
//! | [`cold`], [`warm`], [`server`], [`cost`], [`growth`] | the parts: what each measures, and in `report` how it says so |
//! | [`lambda`], [`runtime_api`], [`process`] | a function's process and a stopwatch |
//! | [`database`], [`tls_front`], [`certificates`], [`proxy`] | what the function talks to |
//! | [`operation`], [`population`] | what it is asked, and the customers it is asked for |
//! | [`load`], [`http`] | clients of the local server |
//! | [`report`], [`ratios`], [`prices`], [`table`], [`chart`], [`stats`], [`machine`] | the document |
//!
//! Nothing here passes or fails by a clock: the figures are reported, and people judge them.

mod arguments;
mod bench;
mod certificates;
mod chart;
mod cold;
mod compile;
mod cost;
mod database;
mod growth;
mod http;
mod lambda;
mod load;
mod machine;
mod operation;
mod population;
mod prices;
mod process;
mod proxy;
mod ratios;
mod report;
mod runtime_api;
mod server;
mod stats;
mod table;
mod tls_front;
mod warm;

use anyhow::Result;
use clap::Parser;

use crate::arguments::{Arguments, Part};
use crate::bench::Bench;
use crate::report::Report;

fn main() -> Result<()> {
    let bench = Bench::prepare(Arguments::parse())?;
    let mut report = Report::open(&bench.root)?;
    let result = measure(&bench, &mut report);
    // What was measured before a failure is kept.
    report.save()?;
    result
}

/// Measures what was asked for, each part into its block of the report.
fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let wants = |part| bench.arguments.wants(part);
    report.set("machine", &machine::describe());
    // What a call costs depends on how long it takes: `cost` has `warm` measured as well.
    let warm = (wants(Part::Warm) || wants(Part::Cost))
        .then(|| warm::measure(bench, bench.arguments.calls()))
        .transpose()?;
    if let Some(warm) = &warm {
        warm.report(report)?;
    }
    if wants(Part::Cold) {
        let cold = cold::measure(bench)?;
        cold.report(report)?;
        ratios::report(&cold, warm.as_ref(), report)?;
    }
    if let Some(warm) = warm.as_ref().filter(|_| wants(Part::Cost)) {
        cost::measure(bench, warm)?.report(report);
    }
    if wants(Part::Server) {
        server::measure(bench)?.report(report)?;
    }
    if wants(Part::Growth) {
        growth::measure(bench)?.report(report)?;
    }
    Ok(())
}
