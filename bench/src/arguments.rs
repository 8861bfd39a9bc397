//! What the command can be asked.

use clap::{Parser, ValueEnum};

/// Measures what the customer registry costs, and writes the figures to docs/performance.md.
///
/// It builds the functions as they are deployed and two baselines beside them: `floor`, which answers `{}`, and
/// `usual`, which gets a customer with every library's defaults. Everything runs on this machine.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Arguments {
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
pub(crate) enum Part {
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

impl Arguments {
    /// Whether a part is to be measured.
    pub(crate) fn wants(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }

    /// How often each function is started.
    pub(crate) fn starts(&self) -> usize {
        let starts = usize::from(self.starts);
        if self.quick { starts.min(7) } else { starts }
    }

    /// How many calls of each operation are measured.
    pub(crate) fn calls(&self) -> usize {
        if self.quick { 120 } else { 300 }
    }

    /// How many requests the local server gets in each round.
    pub(crate) fn requests(&self) -> usize {
        if self.quick { 500 } else { 3000 }
    }

    /// With how many customers growth is measured.
    pub(crate) fn sizes(&self) -> &'static [usize] {
        if self.quick {
            &[1_000, 10_000, 100_000]
        } else {
            &[1_000, 10_000, 100_000, 1_000_000]
        }
    }
}
