//! The operations that are measured, as API Gateway's events, and the customers that they are about.
//!
//! Customers are numbered. They are loaded through the engine's own API, without HTTP and without transactions: each
//! transaction slows down the engine's later ones.

use std::{collections::HashMap, ops::Range};

use anyhow::{Context, Result, anyhow};
use chrono::DateTime;
use dynoxide::{ImportOptions, types::AttributeValue};
use local::template::{CUSTOMERS_TABLE, EVENTS_TABLE};
use serde_json::{Value, from_value, json};
use uuid::{Builder, Uuid};

use crate::bench::{Bench, Environment};
use crate::database::Database;
use crate::lambda::{Lambda, Phase};

/// How many turns an operation has: each write changes another customer, so this many are loaded for each operation.
pub(crate) const TURNS: usize = 1000;

/// How many customers are loaded at once.
const BATCH: usize = 10_000;

/// When customer 0 was created, in seconds since 1970: 1 January 2026. The others follow, one a second.
const FIRST: u64 = 1_767_225_600;

/// An operation: its name in the report, its function's binary, and the number of the first customer that its turns
/// use.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) binary: &'static str,
    first: usize,
}

const fn operation(name: &'static str, binary: &'static str, first: usize) -> Operation {
    Operation { name, binary, first }
}

pub(crate) const CREATE: Operation = operation("create", "create-customer", 0);
pub(crate) const GET: Operation = operation("get", "get-customer", 0);
pub(crate) const LIST: Operation = operation("list 10", "list-customers", 0);
pub(crate) const UPDATE: Operation = operation("update", "update-customer", TURNS);
const RENAME: Operation = operation("rename", "update-customer", 2 * TURNS);
pub(crate) const DELETE: Operation = operation("delete", "delete-customer", 3 * TURNS);
pub(crate) const RESTORE: Operation = operation("restore", "restore-customer", 4 * TURNS);
pub(crate) const CATALOGUE: Operation = operation("permissions", "list-permissions", 0);
pub(crate) const WEBHOOK: Operation = operation("webhook", "get-webhook", 0);
pub(crate) const ROTATE: Operation = operation("rotate", "rotate-webhook-secret", 0);
pub(crate) const TEST: Operation = operation("test", "test-webhook", 0);
pub(crate) const LIST_EVENTS: Operation = operation("events 10", "list-events", 0);
pub(crate) const REDELIVER: Operation = operation("redeliver", "redeliver-event", 0);
pub(crate) const ERASE: Operation = operation("erase", "erase-customer", 6 * TURNS);
pub(crate) const PUBLISH: Operation = operation("publish an event", "publish-events", 0);
/// `deliver-webhook`, which may also deliver to this machine: see `deliver/`.
pub(crate) const DELIVER: Operation = operation("deliver an event", "deliver", 5 * TURNS);
pub(crate) const UNKNOWN: Operation = operation("unknown route", "unknown-route", 0);
/// The least that a function can do: see `baselines/`.
pub(crate) const FLOOR: Operation = operation("floor", "floor", 0);
/// `get` with every library's defaults: see `baselines/`.
pub(crate) const USUAL: Operation = operation("usual get", "usual", 0);

/// The operations of the API.
pub(crate) const ALL: [Operation; 14] = [
    CREATE,
    GET,
    LIST,
    UPDATE,
    RENAME,
    DELETE,
    RESTORE,
    ERASE,
    WEBHOOK,
    ROTATE,
    TEST,
    LIST_EVENTS,
    REDELIVER,
    CATALOGUE,
];

/// What becomes of a write: its event, with one webhook.
pub(crate) const EVENTS: [Operation; 2] = [PUBLISH, DELIVER];

impl Operation {
    /// Starts the function. The baselines have the C library's defaults too.
    pub(crate) async fn start(&self, bench: &Bench, environment: &Environment) -> Result<(Lambda, Phase)> {
        let log = bench.folder.path().join(format!("{}.log", self.name));
        let is_baseline = [FLOOR, USUAL].iter().any(|one| one.binary == self.binary);
        let mut environment = environment.clone();
        environment.retain(|(name, _)| !is_baseline || *name != "GLIBC_TUNABLES");
        Lambda::start(bench.binary(self.binary)?, &environment, &log).await
    }

    /// Calls a running function for one turn.
    pub(crate) async fn call(&self, lambda: &mut Lambda, turn: usize) -> Result<Phase> {
        let status = match self.name {
            "create" => Some(201),
            "test" | "redeliver" => Some(202),
            "unknown route" => Some(404),
            "publish an event" | "deliver an event" => None,
            _ => Some(200),
        };
        let answered = lambda.call(self.event(turn)?, status).await;
        answered.with_context(|| format!("{}, turn {turn}", self.name))
    }

    /// The event of one turn, from the function's file in `events/`.
    fn event(&self, turn: usize) -> Result<Vec<u8>> {
        let file = match self.binary {
            "deliver" => "deliver-webhook",
            function if function.contains('-') => function,
            _ => GET.binary,
        };
        let text = tests::read(format!("events/{file}.json"));
        let mut event: Value = serde_json::from_str(&text)?;
        if let Some(known) = event["pathParameters"]["id"].as_str() {
            let customer = id(self.first + turn % TURNS).to_string();
            event = serde_json::from_str(&text.replace(known, &customer))?;
        }
        if let Some(record) = event.pointer_mut("/Records/0") {
            let id = id(self.first + turn % TURNS).to_string();
            let body = json!({"id": format!("{id}.1"), "customer_id": id, "is_test": false, "event": {"data": body(&id)}});
            record["body"] = json!(body.to_string());
            record["dynamodb"]["Keys"]["pk"]["S"] = json!(format!("customer#{id}"));
        }
        let change = |member: &str| json!(json!({member: format!("changed-{turn}")}).to_string());
        match self.name {
            "update" => event["body"] = change("detail"),
            "erase" => event["headers"]["if-match"] = json!("\"1\""),
            "rename" => event["body"] = change("username"),
            "list 10" => {
                event["rawQueryString"] = json!("page_size=10");
                event["queryStringParameters"] = json!({"page_size": "10"});
            }
            "create" => {
                event["body"] = json!(body(&format!("new-{turn}@example.com")));
                // An idempotency key stores one more item, and is optional.
                let headers = event["headers"].as_object_mut();
                headers.and_then(|headers| headers.remove("idempotency-key"));
            }
            _ => {}
        }
        Ok(event.to_string().into_bytes())
    }
}

/// The id of customer `number`.
fn id(number: usize) -> Uuid {
    let number = number as u64;
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    Builder::from_unix_timestamp_millis((FIRST + number) * 1000, &random).into_uuid()
}

/// The body that creates a customer of ordinary size; all loaded customers are copies of it.
pub(crate) fn body(username: &str) -> String {
    let body = json!({
        "username": username,
        "name": "Anna's calls",
        "detail": "Registered by the benchmark",
        "webhook_method": "POST",
        "webhook_uri": "https://example.com/webhooks",
        "line_secret": "made-up-secret",
        "line_token": "made-up/token+of=LINE",
        "permission_ids": ["03796e14-7cb4-11ec-9dba-e72023efd1c6"],
    });
    body.to_string()
}

type Item = HashMap<String, AttributeValue>;

/// The loaded customers: copies of an item that `create-customer` stored, so that they have today's layout.
pub(crate) struct Population<'a> {
    database: &'a Database,
    prototype: Item,
}

impl<'a> Population<'a> {
    /// Creates the prototype through `create-customer`.
    pub(crate) async fn new(bench: &Bench, database: &'a Database) -> Result<Self> {
        let environment = database.environment(database.address);
        let (mut lambda, _) = CREATE.start(bench, &environment).await?;
        CREATE.call(&mut lambda, usize::MAX).await?;
        let all = from_value(json!({"TableName": CUSTOMERS_TABLE}))?;
        let found = database.engine.database.scan(all);
        let items = found.map_err(|error| anyhow!("{error}"))?.items.into_iter();
        let mut customers = items.flatten().filter(|item| item.contains_key("listing"));
        let prototype = customers.next().context("no customer was stored")?;
        Ok(Self { database, prototype })
    }

    /// Loads the customers for all operations; two thousand of them are deleted, to be restored or erased.
    pub(crate) async fn for_operations(bench: &Bench, database: &'a Database) -> Result<()> {
        let mut population = Self::new(bench, database).await?;
        population.load(0..4 * TURNS, "live")?;
        population.load(4 * TURNS..5 * TURNS, "deleted")?;
        population.load(6 * TURNS..7 * TURNS, "deleted")?;
        population.load_history(0..TURNS)?;
        population.load_history(6 * TURNS..7 * TURNS)?;
        // Their webhooks go to the endpoint on this machine.
        let uri = format!("http://{}/hooks", database.endpoint);
        let uri = ("webhook_uri".to_owned(), AttributeValue::S(uri));
        population.prototype.extend([uri]);
        population.load(5 * TURNS..6 * TURNS, "live")
    }

    /// Loads the customers with these numbers into the list `live` or `deleted`.
    pub(crate) fn load(&self, numbers: Range<usize>, listing: &str) -> Result<()> {
        let engine = &self.database.engine;
        for start in numbers.clone().step_by(BATCH) {
            let batch = start..numbers.end.min(start + BATCH);
            let items = batch.flat_map(|number| self.items(number, listing)).collect();
            let options = ImportOptions::default();
            let loaded = engine.database.import_items(CUSTOMERS_TABLE, items, options);
            loaded.map_err(|error| anyhow!("customers cannot be loaded: {error}"))?;
        }
        Ok(())
    }

    /// Loads ten events for each of these customers.
    fn load_history(&self, numbers: Range<usize>) -> Result<()> {
        let rows =
            numbers.flat_map(|number| (1..=10).map(move |version| row(&id(number).to_string(), version)));
        let options = ImportOptions::default();
        let engine = &self.database.engine;
        let loaded = engine
            .database
            .import_items(EVENTS_TABLE, rows.collect(), options);
        loaded.map_err(|error| anyhow!("events cannot be loaded: {error}"))?;
        Ok(())
    }

    /// The items of a customer: the record, and the guard of its username.
    fn items(&self, number: usize, listing: &str) -> [Item; 2] {
        let (id, username) = (id(number).to_string(), format!("customer-{number}@example.com"));
        let created = DateTime::from_timestamp(FIRST as i64 + number as i64, 0).unwrap_or_default();
        let created = created.format("%Y-%m-%d %H:%M:%S.000000").to_string();
        let text = |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
        let mut record = self.prototype.clone();
        record.extend([
            text("pk", &format!("customer#{id}")),
            text("id", &id),
            text("username", &username),
            text("listing", listing),
            text("listed_at", &format!("{created}#{id}")),
            text("tm_create", &created),
            text("tm_update", &created),
        ]);
        if listing == "deleted" {
            record.extend([text("tm_delete", &created)]);
        }
        let pk = text("pk", &format!("username#{username}"));
        [record, Item::from([pk, text("customer_id", &id)])]
    }
}

/// A row of the history, as `publish-events` writes it for a customer of ordinary size.
fn row(customer_id: &str, version: usize) -> Item {
    let event = json!({
        "id": format!("{customer_id}.{version}"), "type": "customer.updated", "timestamp": "2026-01-01T00:00:00.000000Z",
        "version": version, "changed": ["detail"], "data": {"of": "ordinary size", "text": body(customer_id)},
    });
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: String| AttributeValue::N(number);
    Item::from(
        [
            ("customer_id", text(customer_id)),
            ("version", number(version.to_string())),
            ("event", text(&event.to_string())),
            ("written_by", text("operator#benchmark")),
            ("delivery", text("skipped")),
            ("attempts", AttributeValue::L(Vec::new())),
            ("expires_at", number(u32::MAX.to_string())),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    )
}
