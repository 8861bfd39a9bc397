//! Cold starts: from a new process to the end of its first call; and `get-customer` compared with the baselines.

use std::{io::Write, sync::atomic::Ordering::Relaxed};

use anyhow::{Context, Result};
use flate2::{Compression, write::DeflateEncoder};
use indicatif::ProgressIterator;

use crate::bench::Bench;
use crate::chart;
use crate::database::Database;
use crate::operation::{
    CATALOGUE, CREATE, DELETE, DELIVER, ERASE, FLOOR, GET, LIST, LIST_EVENTS, PUBLISH, REDELIVER, RESTORE,
    ROTATE, TEST,
};
use crate::operation::{Operation, Population, UNKNOWN, UPDATE, USUAL, WEBHOOK};
use crate::report::{Report, Sample, figure, table};
use crate::warm::Warm;

/// Every function, between the two baselines.
const SUBJECTS: [Operation; 18] = [
    FLOOR,
    CATALOGUE,
    UNKNOWN,
    GET,
    LIST,
    CREATE,
    UPDATE,
    DELETE,
    RESTORE,
    ERASE,
    WEBHOOK,
    ROTATE,
    TEST,
    LIST_EVENTS,
    REDELIVER,
    PUBLISH,
    DELIVER,
    USUAL,
];

/// The figures of one function. Times are in ms, sizes in MB. `cpu` is the CPU time of init phase and first call
/// together; `connections` counts the connections to the database at the end of the init phase.
#[derive(Default)]
struct Subject {
    binary: &'static str,
    init: Sample,
    init_cpu: Sample,
    first: Sample,
    first_cpu: Sample,
    cpu: Sample,
    memory: Sample,
    connections: Sample,
    size: f64,
    zipped: f64,
}

/// Starts the functions in turn, `starts` times, so that other load on the machine affects all alike; and writes the
/// figures.
pub(crate) async fn measure(
    bench: &Bench,
    starts: usize,
    warm: Option<&Warm>,
    report: &mut Report,
) -> Result<()> {
    let database = Database::start().await?;
    Population::for_operations(bench, &database).await?;
    let environment = database.tls_environment(bench)?;
    let subjects = SUBJECTS.map(|operation| Subject::new(bench, operation.binary));
    let mut subjects = subjects.into_iter().collect::<Result<Vec<_>>>()?;
    // The first start is not counted: it loads the binary from disk.
    eprintln!("cold: {starts} starts of each function");
    for turn in (0..=starts).progress_count(starts as u64 + 1) {
        for (operation, subject) in SUBJECTS.iter().zip(&mut subjects) {
            let before = database.connections.load(Relaxed);
            let (mut lambda, init) = operation.start(bench, &environment).await?;
            let connections = database.connections.load(Relaxed) - before;
            let first = operation.call(&mut lambda, turn).await?;
            if turn == 0 {
                continue;
            }
            subject.init.push_time(init.wall);
            subject.init_cpu.push_time(init.cpu);
            subject.first.push_time(first.wall);
            subject.first_cpu.push_time(first.cpu);
            subject.cpu.push_time(init.cpu + first.cpu);
            subject.memory.push(lambda.peak_memory()? as f64 / 1e6);
            subject.connections.push(connections as f64);
        }
    }
    write(&subjects, starts, report)?;
    write_ratios(&subjects, warm, report)
}

impl Subject {
    /// Measures the binary's size, as it is and compressed as in a ZIP file; the times are still empty.
    fn new(bench: &Bench, binary: &'static str) -> Result<Self> {
        let code = std::fs::read(bench.binary(binary)?)?;
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&code)?;
        let mut subject = Self {
            binary,
            ..Self::default()
        };
        subject.size = code.len() as f64 / 1e6;
        subject.zipped = encoder.finish()?.len() as f64 / 1e6;
        Ok(subject)
    }

    /// The row in the table of times.
    fn row(&self) -> String {
        let samples = [
            &self.init,
            &self.init_cpu,
            &self.first,
            &self.first_cpu,
            &self.cpu,
        ];
        let times = samples.map(|sample| {
            let [low, middle, high] = [0.25, 0.5, 0.75].map(|share| figure(sample.quantile(share)));
            format!("{middle} ({low}–{high})")
        });
        let (times, memory) = (times.join(" | "), figure(self.memory.median()));
        format!(
            "{} | {times} | {memory} | {}",
            self.binary,
            self.connections.median()
        )
    }
}

/// Writes the figures of all functions.
fn write(subjects: &[Subject], starts: usize, report: &mut Report) -> Result<()> {
    let head = "function | init ms | init CPU ms | first call ms | first call CPU ms | CPU of both ms | \
                peak memory MB | connections";
    let times = table(head, subjects.iter().map(Subject::row));
    let text = format!(
        "![CPU time of a cold start](performance/cold.svg)\n\n{times}\n{starts} starts of each function, in turn: the \
         median, and in brackets the quartiles. Connections are those to the database at the end of the init phase. \
         The TLS server in front of the database behaves as DynamoDB's: TLS 1.3 with AES-128-GCM, and a chain of \
         three certificates with 2048-bit RSA keys. publish-events connects to the database only when it has an \
         event for the history. deliver is deliver-webhook, which here may deliver to this machine."
    );
    report.set("cold", &text);
    let sizes = subjects.iter().map(|subject| {
        let (size, zipped) = (figure(subject.size), figure(subject.zipped));
        format!("{} | {size} | {zipped}", subject.binary)
    });
    report.set("size", &table("binary | MB | zipped MB", sizes));
    let bars = subjects.iter().map(|subject| {
        let parts = vec![subject.init_cpu.median(), subject.first_cpu.median()];
        (subject.binary, parts, subject.cpu.median())
    });
    let (path, parts) = (report.chart("cold"), ["init", "first call"]);
    let titles = ["A cold start", "CPU time in milliseconds, median"];
    chart::bars(&path, titles, &parts, bars.collect())
}

/// Writes the ratios of `get-customer` to the baselines beside their goals: the cold figures, and the warm one if it was
/// measured.
fn write_ratios(subjects: &[Subject], warm: Option<&Warm>, report: &mut Report) -> Result<()> {
    let of = |operation: Operation| {
        let mut subjects = subjects.iter();
        let found = subjects.find(|subject| subject.binary == operation.binary);
        found.context("a function was not measured")
    };
    let (get, usual, floor) = (of(GET)?, of(USUAL)?, of(FLOOR)?);
    let cold = |name, measured: fn(&Subject) -> f64, goal| {
        ratio(name, measured(get), measured(usual), Some(measured(floor)), goal)
    };
    let both = "CPU of init and first call, ms";
    let mut rows = vec![
        cold(both, |of| of.cpu.median(), "0.08 × usual, 2.3 × floor"),
        cold("first call, ms", |of| of.first.median(), "0.02 × usual"),
        cold("init, ms", |of| of.init.median(), ""),
        cold("binary, MB", |of| of.size, "0.45 × usual, 5.5 MB"),
        cold("zipped, MB", |of| of.zipped, ""),
        cold("peak memory, MB", |of| of.memory.median(), "0.8 × usual"),
    ];
    if let Some(warm) = warm {
        let (get, usual) = (warm[GET.name].cpu.median(), warm[USUAL.name].cpu.median());
        rows.push(ratio("CPU of a warm call, ms", get, usual, None, "0.5 × usual"));
    }
    let head = " | get-customer | usual | floor | of usual | of floor | goal, at most";
    let ratios = table(head, rows);
    let text = format!(
        "{ratios}\nMedians of one run in which the binaries took turns, so that other load on the machine affects all \
         of them alike. `floor` answers `{{}}`; `usual` gets a customer with every library's defaults."
    );
    report.set("ratios", &text);
    Ok(())
}

/// A row of the table of ratios.
fn ratio(name: &str, get: f64, usual: f64, floor: Option<f64>, goal: &str) -> String {
    let of_usual = get / usual;
    let of_floor = floor.map(|floor| format!("{:.2}", get / floor));
    let (floor, of_floor) = (
        floor.map(figure).unwrap_or_default(),
        of_floor.unwrap_or_default(),
    );
    let (get, usual) = (figure(get), figure(usual));
    format!("{name} | {get} | {usual} | {floor} | {of_usual:.3} | {of_floor} | {goal}")
}
