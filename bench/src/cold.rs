//! From a new process to the end of its first call.

mod report;

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::bench::{Bench, progress};
use crate::database::Database;
use crate::operation::{self, Operation};
use crate::stats::Sample;

/// Every function once, between the two baselines.
const SUBJECTS: [Operation; 10] = [
    operation::FLOOR,
    operation::PERMISSIONS,
    operation::UNKNOWN,
    operation::GET,
    operation::LIST,
    operation::CREATE,
    operation::UPDATE,
    operation::DELETE,
    operation::RESTORE,
    operation::USUAL,
];

/// The cold figures of every function.
pub(crate) struct Cold {
    /// The functions and the baselines.
    pub(crate) subjects: Vec<Subject>,
}

/// The cold figures of one function.
pub(crate) struct Subject {
    /// Its binary.
    pub(crate) binary: &'static str,
    /// From the birth of the process until it asks for its first event, in ms.
    pub(crate) init_wall: Sample,
    /// The same in CPU time.
    pub(crate) init_cpu: Sample,
    /// From the first event to its answer, in ms.
    pub(crate) first_wall: Sample,
    /// The same in CPU time.
    pub(crate) first_cpu: Sample,
    /// The CPU time of both, in ms.
    pub(crate) cpu: Sample,
    /// The most memory held at once, in MB.
    pub(crate) memory: Sample,
    /// Connections to the database at the end of the init phase.
    pub(crate) connections: Sample,
    /// The binary's size in MB.
    pub(crate) size: f64,
    /// Its size when it is zipped, in MB.
    pub(crate) zipped: f64,
}

/// Starts every function again and again, in turn, so that a noisy minute falls on all of them alike.
pub(crate) fn measure(bench: &Bench) -> Result<Cold> {
    let database = Database::start(&bench.root)?;
    operation::load(&database)?;
    let environment = bench.environment(&database)?;
    let mut subjects = SUBJECTS
        .iter()
        .map(|operation| Subject::new(bench, operation))
        .collect::<Result<Vec<_>>>()?;
    let starts = bench.arguments.starts();
    let bar = progress("cold", starts * SUBJECTS.len())?;
    // One start more than is counted: it brings the binary from the disk into memory.
    for turn in 0..=starts {
        for (operation, subject) in SUBJECTS.iter().zip(&mut subjects) {
            let before = database.tls.connections();
            let (mut lambda, init) = bench.start(operation, &environment)?;
            let connections = database.tls.connections() - before;
            let first = bench.call(&mut lambda, operation, turn)?;
            if turn == 0 {
                continue;
            }
            subject.init_wall.push_time(init.wall);
            subject.init_cpu.push_time(init.cpu);
            subject.first_wall.push_time(first.wall);
            subject.first_cpu.push_time(first.cpu);
            subject.cpu.push_time(init.cpu + first.cpu);
            subject.memory.push(megabytes(lambda.peak_memory()?));
            subject.connections.push(connections as f64);
            bar.inc(1);
        }
    }
    bar.finish();
    Ok(Cold { subjects })
}

impl Cold {
    /// The figures of one binary.
    pub(crate) fn of(&self, binary: &str) -> Result<&Subject> {
        self.subjects
            .iter()
            .find(|subject| subject.binary == binary)
            .with_context(|| format!("{binary} was not measured"))
    }
}

impl Subject {
    fn new(bench: &Bench, operation: &Operation) -> Result<Self> {
        let (size, zipped) = sizes(bench.binaries.path(operation.binary)?)?;
        Ok(Self {
            binary: operation.binary,
            init_wall: Sample::default(),
            init_cpu: Sample::default(),
            first_wall: Sample::default(),
            first_cpu: Sample::default(),
            cpu: Sample::default(),
            memory: Sample::default(),
            connections: Sample::default(),
            size,
            zipped,
        })
    }
}

/// A file's size in MB as it is and deflated, as a ZIP file holds it.
fn sizes(path: &Path) -> Result<(f64, f64)> {
    let binary = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&binary)?;
    let zipped = encoder.finish()?;
    Ok((megabytes(binary.len() as u64), megabytes(zipped.len() as u64)))
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
