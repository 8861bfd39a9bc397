//! Warm calls: calls of running functions.

use std::collections::HashMap;

use anyhow::Result;
use indicatif::ProgressIterator;

use crate::bench::Bench;
use crate::chart;
use crate::database::Database;
use crate::operation::{ALL, EVENTS, Population, USUAL};
use crate::report::{Report, Sample, table};

/// Calls of one operation before the next has its turn, so that other load on the machine affects all alike.
const BLOCK: usize = 30;

/// The first calls of each function, which are not counted.
const UNCOUNTED: usize = 10;

/// The figures by operation.
pub(crate) type Warm = HashMap<&'static str, Line>;

/// The figures of one operation in ms: from the event to its answer, and the CPU time of a call.
#[derive(Default)]
pub(crate) struct Line {
    name: &'static str,
    pub(crate) wall: Sample,
    pub(crate) cpu: Sample,
}

/// Calls the operations and the `usual` baseline in turn, `calls` times each, and writes the figures.
pub(crate) async fn measure(bench: &Bench, calls: usize, report: &mut Report) -> Result<Warm> {
    let database = Database::start().await?;
    Population::for_operations(bench, &database).await?;
    let environment = database.tls_environment(bench)?;
    let mut running = Vec::new();
    for operation in ALL.into_iter().chain(EVENTS).chain([USUAL]) {
        let (mut lambda, _) = operation.start(bench, &environment).await?;
        for turn in 0..UNCOUNTED {
            operation.call(&mut lambda, turn).await?;
        }
        running.push((operation, lambda, Line::default()));
    }
    eprintln!("warm: {calls} calls of each operation");
    for block in (0..calls).step_by(BLOCK).progress() {
        for (operation, lambda, line) in &mut running {
            line.name = operation.name;
            for turn in block..calls.min(block + BLOCK) {
                let phase = operation.call(lambda, UNCOUNTED + turn).await?;
                line.wall.push_time(phase.wall);
                line.cpu.push_time(phase.cpu);
            }
        }
    }
    let lines: Vec<_> = running.into_iter().map(|(_, _, line)| line).collect();
    write(&lines, calls, report)?;
    Ok(lines.into_iter().map(|line| (line.name, line)).collect())
}

/// Writes the figures.
fn write(lines: &[Line], calls: usize, report: &mut Report) -> Result<()> {
    let rows = lines.iter().map(|line| {
        let (wall, cpu) = (line.wall.cells(&[0.5, 0.9, 0.99]), line.cpu.cells(&[0.5, 0.9]));
        format!("{} | {wall} | {cpu}", line.name)
    });
    let head = "operation | p50 ms | p90 ms | p99 ms | CPU p50 ms | CPU p90 ms";
    let times = table(head, rows);
    let text = format!(
        "![CPU time of a warm call](performance/warm.svg)\n\n{times}\n{calls} calls of each operation, in blocks that \
         take turns, through TLS to the embedded database on the same machine. The first columns are wall time, from \
         the event to its answer. CPU time is the function's own, until it asks for its next event. The last two functions \
         get batches of one; the queue, the bus and the customer's endpoint are reached without TLS."
    );
    report.set("warm", &text);
    let bars = lines
        .iter()
        .map(|line| (line.name, vec![line.cpu.median()], line.cpu.median()));
    let titles = ["A warm call", "CPU time in milliseconds, median"];
    chart::bars(&report.chart("warm"), titles, &["call"], bars.collect())
}
