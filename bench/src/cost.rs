//! What operations consume and what that costs.

mod report;

use anyhow::Result;

use crate::bench::{Bench, progress};
use crate::database::Database;
use crate::operation::{self, Operation};
use crate::prices::Million;
use crate::proxy::{Consumed, Proxy};
use crate::warm::Warm;

const OPERATIONS: [Operation; 8] = [
    operation::CREATE,
    operation::GET,
    operation::LIST,
    operation::UPDATE,
    operation::RENAME,
    operation::DELETE,
    operation::RESTORE,
    operation::PERMISSIONS,
];

/// The cost of every operation.
pub(crate) struct Cost {
    lines: Vec<Line>,
}

/// The cost of one operation.
struct Line {
    name: &'static str,
    /// What a start consumes before the first call.
    start: Consumed,
    /// What a call consumes.
    call: Consumed,
    /// What a million calls cost.
    million: Million,
}

/// Counts what one call of each operation consumes. It is the same every time; how long a call takes is `warm`'s.
pub(crate) fn measure(bench: &Bench, warm: &Warm) -> Result<Cost> {
    let database = Database::start(&bench.root)?;
    operation::load(&database)?;
    let proxy = Proxy::start(database.address)?;
    let environment = database.environment_at(&format!("http://{}", proxy.address));
    let bar = progress("cost", OPERATIONS.len())?;
    let mut lines = Vec::new();
    for operation in &OPERATIONS {
        let (mut lambda, _) = bench.start(operation, &environment)?;
        let start = proxy.take();
        bench.call(&mut lambda, operation, 0)?;
        let call = proxy.take();
        let million = Million::calls(call, warm.of(operation.name)?.wall.median());
        lines.push(Line {
            name: operation.name,
            start,
            call,
            million,
        });
        bar.inc(1);
    }
    bar.finish();
    Ok(Cost { lines })
}
