//! Calls of functions that run already.

mod report;

use anyhow::{Context, Result};

use crate::bench::{Bench, progress};
use crate::database::Database;
use crate::operation::{self, Operation};
use crate::stats::Sample;

/// What is called, `get` beside the usual way to write it.
const OPERATIONS: [Operation; 9] = [
    operation::CREATE,
    operation::GET,
    operation::LIST,
    operation::UPDATE,
    operation::RENAME,
    operation::DELETE,
    operation::RESTORE,
    operation::PERMISSIONS,
    operation::USUAL,
];

/// Calls in a row of one operation before it is the next one's turn: a noisy minute falls on all of them alike.
const BLOCK: usize = 30;

/// Calls that are not counted, at the beginning of each function's life.
const UNCOUNTED: usize = 10;

/// The warm figures of every operation.
pub(crate) struct Warm {
    /// The operations.
    pub(crate) lines: Vec<Line>,
}

/// The warm figures of one operation.
pub(crate) struct Line {
    /// Its name.
    pub(crate) name: &'static str,
    /// From the event to its answer, in ms.
    pub(crate) wall: Sample,
    /// The CPU time of a call, in ms.
    pub(crate) cpu: Sample,
}

/// Calls every operation so often, in blocks.
pub(crate) fn measure(bench: &Bench, calls: usize) -> Result<Warm> {
    let database = Database::start(&bench.root)?;
    operation::load(&database)?;
    let environment = bench.environment(&database)?;
    let mut running = Vec::new();
    for operation in &OPERATIONS {
        let (mut lambda, _) = bench.start(operation, &environment)?;
        for turn in 0..UNCOUNTED {
            bench.call(&mut lambda, operation, turn)?;
        }
        let line = Line {
            name: operation.name,
            wall: Sample::default(),
            cpu: Sample::default(),
        };
        running.push((operation, lambda, line));
    }
    let bar = progress("warm", calls * OPERATIONS.len())?;
    for block in (0..calls).step_by(BLOCK) {
        for (operation, lambda, line) in &mut running {
            for turn in block..calls.min(block + BLOCK) {
                let phase = bench.call(lambda, operation, UNCOUNTED + turn)?;
                line.wall.push_time(phase.wall);
                line.cpu.push_time(phase.cpu);
                bar.inc(1);
            }
        }
    }
    bar.finish();
    let lines = running.into_iter().map(|(_, _, line)| line).collect();
    Ok(Warm { lines })
}

impl Warm {
    /// The figures of one operation.
    pub(crate) fn of(&self, name: &str) -> Result<&Line> {
        self.lines
            .iter()
            .find(|line| line.name == name)
            .with_context(|| format!("{name} was not measured"))
    }
}
