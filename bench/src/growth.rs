//! How latency and capacity units change with the number of customers.

use anyhow::Result;
use indicatif::{HumanCount, ProgressIterator};

use crate::bench::Bench;
use crate::chart;
use crate::cost::{Consumed, consumption};
use crate::database::Database;
use crate::operation::{CREATE, GET, LIST, Operation, Population, TURNS};
use crate::report::{Report, Sample, table};

const OPERATIONS: [Operation; 3] = [GET, LIST, CREATE];

/// Measured calls of each operation at each size.
const CALLS: usize = 100;

/// An operation's name, the number of customers, the calls' durations in ms, and what one call consumes.
type Step = (&'static str, usize, Sample, Consumed);

/// Loads customers into one database up to each size in turn, calls the functions, and writes the figures.
pub(crate) async fn measure(bench: &Bench, sizes: &[usize], report: &mut Report) -> Result<()> {
    let database = Database::start().await?;
    let population = Population::new(bench, &database).await?;
    // Without TLS: only the database's share can grow.
    let environment = database.environment(database.address);
    let mut steps = Vec::new();
    let (mut loaded, mut first) = (0, 0);
    eprintln!("growth: {sizes:?} customers");
    for customers in sizes.iter().copied().progress() {
        population.load(loaded..customers, "live")?;
        for operation in &OPERATIONS {
            let (mut lambda, _) = operation.start(bench, &environment).await?;
            let mut wall = Sample::default();
            for turn in first..first + CALLS {
                wall.push_time(operation.call(&mut lambda, turn).await?.wall);
            }
            let [_, consumed] = consumption(bench, &database, operation, first + CALLS).await?;
            steps.push((operation.name, customers, wall, consumed));
        }
        (loaded, first) = (customers, first + TURNS);
    }
    // Measured by size, but listed by operation.
    let place = |name: &str| OPERATIONS.iter().position(|operation| operation.name == name);
    steps.sort_by_key(|(name, ..)| place(name));
    write(&steps, sizes, report)
}

/// Writes the figures.
fn write(steps: &[Step], sizes: &[usize], report: &mut Report) -> Result<()> {
    let rows = steps.iter().map(|(name, customers, wall, consumed)| {
        let (customers, wall) = (HumanCount(*customers as u64), wall.cells(&[0.5, 0.9]));
        let (reads, writes) = (consumed.reads, consumed.writes);
        format!("{name} | {customers} | {wall} | {reads} | {writes}")
    });
    let head = "operation | customers | p50 ms | p90 ms | read units | write units";
    let times = table(head, rows);
    let text = format!(
        "![Latency by number of customers](performance/growth.svg)\n\n{times}\nWarm functions and the embedded \
         database in memory, without TLS. DynamoDB would charge these capacity units; the times are the embedded \
         database's, not DynamoDB's."
    );
    report.set("growth", &text);
    let lines = OPERATIONS.map(|operation| {
        let steps = steps.iter().filter(|(name, ..)| *name == operation.name);
        (
            operation.name,
            steps.map(|(_, _, wall, _)| wall.median()).collect(),
        )
    });
    let titles = ["Growth", "customers", "median of a call in milliseconds"];
    chart::lines(&report.chart("growth"), titles, sizes, &lines)
}
