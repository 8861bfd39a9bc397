//! The requests and capacity units of each operation, and their price.

use ::tests::proxy::{Proxy, Seen};
use anyhow::Result;
use indicatif::ProgressIterator;
use serde_json::Value;

use crate::bench::Bench;
use crate::database::Database;
use crate::operation::{ALL, Operation, Population};
use crate::report::{Report, table};
use crate::warm::Warm;

// AWS's prices in US dollars: us-east-1, on demand, without free tiers, as of November 2026. The DynamoDB prices are
// in force since 1 November 2024. Prices of other regions are higher or lower by similar factors.

/// A million write request units.
const WRITES: f64 = 0.625;
/// A million read request units.
const READS: f64 = 0.125;
/// A GB-second, on arm64.
const GIGABYTE_SECOND: f64 = 0.000_013_333_4;
/// A million invocations.
const INVOCATIONS: f64 = 0.20;
/// A million requests to an HTTP API.
const API_REQUESTS: f64 = 1.00;
/// A function's memory in the template, in GB.
const MEMORY: f64 = 0.25;

/// Counts the capacity units of one call of each operation, and writes the price of a million calls. The units are the
/// same for every call; the duration comes from `warm`.
pub(crate) async fn measure(bench: &Bench, warm: &Warm, report: &mut Report) -> Result<()> {
    let database = Database::start().await?;
    Population::for_operations(bench, &database).await?;
    let mut rows = Vec::new();
    let mut start_reads: f64 = 0.0;
    eprintln!("cost: one call of each operation");
    for operation in ALL.iter().progress() {
        let [start, call] = consumption(bench, &database, operation, 0).await?;
        start_reads = start_reads.max(start.reads);
        let costs = million(&call, warm[operation.name].wall.median());
        let total = dollars(costs.iter().sum());
        let costs = costs.map(dollars).join(" | ");
        let units = format!("{} | {} | {}", call.requests, call.reads, call.writes);
        rows.push(format!("{} | {units} | {costs} | {total}", operation.name));
    }
    let head = "operation | requests | read units | write units | DynamoDB | Lambda | API Gateway | \
                a million calls";
    let text = format!(
        "{}\nCapacity units as the database counted them for a customer of less than 1 KB, including the index; a \
         conditional write that fails counts as one unit. Prices in US dollars: us-east-1, on demand, in force since \
         November 2024; Lambda on arm64 with 256 MB, for the warm duration measured here, rounded up to milliseconds. \
         Each millisecond that a function waits longer, as it does for a database across a network, adds {} to a \
         million calls. A cold start reads {start_reads} more unit to open the connection.",
        table(head, rows),
        dollars(milliseconds(1.0)),
    );
    report.set("cost", &text);
    Ok(())
}

/// The price of a million calls at DynamoDB, Lambda and API Gateway. Lambda rounds up to milliseconds.
fn million(call: &Consumed, duration: f64) -> [f64; 3] {
    let lambda = INVOCATIONS + milliseconds(duration.ceil());
    [call.reads * READS + call.writes * WRITES, lambda, API_REQUESTS]
}

/// The price of a million calls that take this many milliseconds each.
fn milliseconds(duration: f64) -> f64 {
    duration / 1000.0 * MEMORY * GIGABYTE_SECOND * 1e6
}

fn dollars(amount: f64) -> String {
    format!("${amount:.3}")
}

/// How many requests there were, and the read and write request units that they consumed, including the index's.
#[derive(Default)]
pub(crate) struct Consumed {
    requests: usize,
    pub(crate) reads: f64,
    pub(crate) writes: f64,
}

/// What a function consumes at its start and in one call, as a proxy in front of the database counts it.
pub(crate) async fn consumption(
    bench: &Bench,
    database: &Database,
    operation: &Operation,
    turn: usize,
) -> Result<[Consumed; 2]> {
    let proxy = Proxy::start(database.address).await;
    let environment = database.environment(proxy.address);
    let (mut lambda, _) = operation.start(bench, &environment).await?;
    let start = Consumed::by(&proxy.take_seen());
    operation.call(&mut lambda, turn).await?;
    Ok([start, Consumed::by(&proxy.take_seen())])
}

impl Consumed {
    fn by(requests: &[Seen]) -> Self {
        let mut consumed = Self::default();
        for request in requests {
            consumed.requests += 1;
            let is_read = ["GetItem", "Query"].contains(&request.operation.as_str());
            let of = |table: &Value| table["CapacityUnits"].as_f64().unwrap_or_default();
            let units = match &request.capacity {
                Value::Array(tables) => tables.iter().map(of).sum(),
                // The answer to a failed conditional write has no capacity, but the write costs one unit up to 1 KB.
                Value::Null if !is_read => 1.0,
                table => of(table),
            };
            let (reads, writes) = if is_read { (units, 0.0) } else { (0.0, units) };
            consumed.reads += reads;
            consumed.writes += writes;
        }
        consumed
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_million_reads_cost_what_the_price_list_says() {
        let (reads, requests, writes) = (1.0, 1, 0.0);
        let read = super::Consumed {
            requests,
            reads,
            writes,
        };
        let total: f64 = super::million(&read, 0.4).iter().sum();
        assert!((total - (0.125 + 0.20 + 0.003_333_35 + 1.00)).abs() < 1e-9);
    }
}
