//! What callers do, as the events that API Gateway makes of it.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::database::Database;
use crate::population::{self, Population, State};

/// How many turns an operation has: each change takes a customer of its own, and so many are loaded for each.
pub(crate) const TURNS: usize = 1000;

/// Something that callers do.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    /// What it is called in the report.
    pub(crate) name: &'static str,
    /// The binary that does it.
    pub(crate) binary: &'static str,
    /// The status of its answer.
    pub(crate) status: u16,
    /// The file in `events/` that it starts from.
    file: &'static str,
    /// What is special about one turn.
    turn: Turn,
}

/// What distinguishes one turn of an operation from the next.
#[derive(Clone, Copy)]
enum Turn {
    /// Nothing.
    Same,
    /// The customer: the turn's, from this number on.
    Customer(usize),
    /// The query string.
    Query(&'static str),
    /// The customer, and a body with this member and a value of its own.
    Change(usize, &'static str),
    /// A body with a new customer.
    New,
}

const fn operation(
    name: &'static str,
    binary: &'static str,
    status: u16,
    file: &'static str,
    turn: Turn,
) -> Operation {
    Operation {
        name,
        binary,
        status,
        file,
        turn,
    }
}

pub(crate) const CREATE: Operation =
    operation("create", "create-customer", 201, "create-customer", Turn::New);
pub(crate) const GET: Operation = operation("get", "get-customer", 200, "get-customer", Turn::Customer(0));
pub(crate) const LIST: Operation = operation(
    "list 10",
    "list-customers",
    200,
    "list-customers",
    Turn::Query("page_size=10"),
);
pub(crate) const UPDATE: Operation = operation(
    "update",
    "update-customer",
    200,
    "update-customer",
    Turn::Change(TURNS, "detail"),
);
pub(crate) const RENAME: Operation = operation(
    "rename",
    "update-customer",
    200,
    "update-customer",
    Turn::Change(2 * TURNS, "username"),
);
pub(crate) const DELETE: Operation = operation(
    "delete",
    "delete-customer",
    200,
    "delete-customer",
    Turn::Customer(3 * TURNS),
);
pub(crate) const RESTORE: Operation = operation(
    "restore",
    "restore-customer",
    200,
    "restore-customer",
    Turn::Customer(4 * TURNS),
);
pub(crate) const PERMISSIONS: Operation = operation(
    "permissions",
    "list-permissions",
    200,
    "list-permissions",
    Turn::Same,
);
pub(crate) const UNKNOWN: Operation =
    operation("unknown route", "unknown-route", 404, "unknown-route", Turn::Same);
/// The least that a function can do; see `baselines/`.
pub(crate) const FLOOR: Operation = operation("floor", "floor", 200, "get-customer", Turn::Customer(0));
/// `get`, as everybody writes it; see `baselines/`.
pub(crate) const USUAL: Operation = operation("usual get", "usual", 200, "get-customer", Turn::Customer(0));

/// Loads the customers that the operations work on.
pub(crate) fn load(database: &Database) -> Result<()> {
    let population = Population::new(database)?;
    population.load(database, 0..4 * TURNS, State::Live)?;
    population.load(database, 4 * TURNS..5 * TURNS, State::Deleted)
}

impl Operation {
    /// The event of one turn.
    pub(crate) fn event(&self, root: &Path, turn: usize) -> Result<Vec<u8>> {
        let path = root.join(format!("events/{}.json", self.file));
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut event: Value = serde_json::from_str(&text)?;
        match self.turn {
            Turn::Same => {}
            Turn::Customer(first) => set_customer(&mut event, first + turn % TURNS)?,
            Turn::Query(query) => set_query(&mut event, query),
            Turn::Change(first, member) => {
                set_customer(&mut event, first + turn % TURNS)?;
                event["body"] = json!(json!({member: format!("changed-{turn}")}).to_string());
            }
            Turn::New => {
                let body = population::body(&format!("new-{turn}@example.com"));
                event["body"] = json!(body.to_string());
                // Idempotency costs an item more, which not every caller asks for.
                if let Some(headers) = event["headers"].as_object_mut() {
                    headers.remove("idempotency-key");
                }
            }
        }
        Ok(event.to_string().into_bytes())
    }
}

/// Replaces the event's customer, wherever its id stands, by customer `number`.
fn set_customer(event: &mut Value, number: usize) -> Result<()> {
    let id = event["pathParameters"]["id"]
        .as_str()
        .context("the event has no customer")?
        .to_owned();
    *event = serde_json::from_str(
        &event
            .to_string()
            .replace(&id, &population::id(number).to_string()),
    )?;
    Ok(())
}

/// Replaces the event's query by one of a single parameter.
fn set_query(event: &mut Value, query: &str) {
    let (name, value) = query.split_once('=').unwrap_or((query, ""));
    event["rawQueryString"] = json!(query);
    event["queryStringParameters"] = json!({name: value});
}
