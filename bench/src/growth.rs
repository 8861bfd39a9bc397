//! What more customers change.

mod report;

use anyhow::Result;

use crate::bench::{Bench, progress};
use crate::database::Database;
use crate::operation::{self, Operation};
use crate::population::{Population, State};
use crate::proxy::{Consumed, Proxy};
use crate::stats::Sample;

const OPERATIONS: [Operation; 3] = [operation::GET, operation::LIST, operation::CREATE];

/// How many calls of an operation are measured at each size.
const CALLS: usize = 100;

/// The figures at every size.
pub(crate) struct Growth {
    sizes: &'static [usize],
    steps: Vec<Step>,
}

/// One operation with so many customers.
struct Step {
    name: &'static str,
    customers: usize,
    /// From the event to its answer, in ms.
    wall: Sample,
    /// What a call consumes.
    consumed: Consumed,
}

/// Loads more and more customers into one database, and calls the functions each time.
pub(crate) fn measure(bench: &Bench) -> Result<Growth> {
    let database = Database::start(&bench.root)?;
    let population = Population::new(&database)?;
    let sizes = bench.arguments.sizes();
    let bar = progress("growth", sizes.len() * OPERATIONS.len())?;
    let mut steps = Vec::new();
    let mut loaded = 0;
    for (round, customers) in sizes.iter().copied().enumerate() {
        population.load(&database, loaded..customers, State::Live)?;
        loaded = customers;
        for operation in &OPERATIONS {
            let first = round * operation::TURNS;
            steps.push(Step {
                name: operation.name,
                customers,
                wall: time(bench, &database, operation, first)?,
                consumed: count(bench, &database, operation, first + CALLS)?,
            });
            bar.inc(1);
        }
    }
    bar.finish();
    Ok(Growth { sizes, steps })
}

/// How long calls take, from the turn `first` on. Without TLS: what grows is the database's part.
fn time(bench: &Bench, database: &Database, operation: &Operation, first: usize) -> Result<Sample> {
    let (mut lambda, _) = bench.start(operation, &database.plain_environment())?;
    let mut wall = Sample::default();
    for turn in first..first + CALLS {
        wall.push_time(bench.call(&mut lambda, operation, turn)?.wall);
    }
    Ok(wall)
}

/// What a call consumes.
fn count(bench: &Bench, database: &Database, operation: &Operation, turn: usize) -> Result<Consumed> {
    let proxy = Proxy::start(database.address)?;
    let environment = database.environment_at(&format!("http://{}", proxy.address));
    let (mut lambda, _) = bench.start(operation, &environment)?;
    proxy.take();
    bench.call(&mut lambda, operation, turn)?;
    Ok(proxy.take())
}
