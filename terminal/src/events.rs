//! The command `events`.

use anyhow::{Result, anyhow};
use clap::Args;
use customer::Customer;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::arguments::{Access, Connection, ENVIRONMENT, Paging, Who};
use crate::pages::List;
use crate::table::{Column, Row};

/// Shows a customer's events, newest first: what changed, who changed it, and whether the webhook arrived
///
/// Shows one page, or all of them with --all. The registry keeps events for a limited time.
#[derive(Debug, Args)]
#[command(after_help = ENVIRONMENT)]
pub struct EventsArguments {
    #[command(flatten)]
    who: Who,

    #[command(flatten)]
    paging: Paging,

    /// Write each event as one line of JSON, as the API answers it
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    connection: Connection,
}

const COLUMNS: [Column; 6] = [
    column("VERSION", 7, 7, 1),
    // Cut, it still shows the seconds.
    column("WHEN", 20, 27, 1),
    column("TYPE", 8, 8, 1),
    column("CHANGED", 8, 16, 1),
    column("BY", 8, 16, 1),
    // The state and the number of attempts, at least.
    column("DELIVERY", 19, 19, 3),
];

const fn column(title: &'static str, least: usize, usual: usize, share: usize) -> Column {
    Column {
        title,
        least,
        usual,
        share,
    }
}

/// What of an event is shown.
#[derive(Deserialize)]
struct Event {
    version: u64,
    timestamp: String,
    r#type: String,
    #[serde(default)]
    changed: Vec<String>,
    by: Option<By>,
    delivery: Delivery,
}

#[derive(Deserialize)]
struct By {
    kind: String,
    subject: Option<String>,
}

#[derive(Deserialize)]
struct Delivery {
    state: String,
    #[serde(default)]
    attempts: Vec<Attempt>,
}

#[derive(Deserialize)]
struct Attempt {
    status: Option<u16>,
    error: Option<String>,
    next_attempt: Option<String>,
}

impl EventsArguments {
    /// Where the customer is.
    ///
    /// # Errors
    /// A sentence that says which variable of the environment is missing or wrong.
    pub fn access(&self) -> Result<Access> {
        self.connection.access()
    }
}

pub(crate) async fn run(arguments: EventsArguments, access: Access) -> Result<()> {
    let registry = access.registry().await?;
    let id = arguments.who.id(&registry).await?;
    let list = List {
        path: &format!("/customers/{id}/events"),
        query: &[],
        columns: &COLUMNS,
        row,
        nothing: "no events of this customer are kept",
    };
    list.show(&registry, &arguments.paging, arguments.json).await
}

fn row(event: &RawValue) -> Result<Row> {
    let event: Event =
        serde_json::from_str(event.get()).map_err(|_| anyhow!("an event in the answer has another form"))?;
    // Every type begins so.
    let kind = event.r#type.strip_prefix("customer.").unwrap_or(&event.r#type);
    // A creation has all fields.
    let changed = match event.changed.len() == Customer::FIELDS.len() {
        true => "all".to_owned(),
        false => event.changed.join(", "),
    };
    Ok(vec![
        event.version.to_string(),
        event.timestamp,
        kind.to_owned(),
        changed,
        event.by.map(By::shown).unwrap_or_default(),
        event.delivery.shown(),
    ])
}

impl By {
    fn shown(self) -> String {
        match self.subject {
            Some(subject) => format!("{} {subject}", self.kind),
            None => self.kind,
        }
    }
}

impl Delivery {
    /// The state, the number of attempts, how the last one ended, and when the next one is.
    fn shown(self) -> String {
        let mut shown = self.state;
        let Some(last) = self.attempts.last() else {
            return shown;
        };
        shown += &match self.attempts.len() {
            1 => ", 1 attempt".to_owned(),
            count => format!(", {count} attempts"),
        };
        match (&last.error, last.status) {
            (Some(error), _) => shown += &format!(", {error}"),
            (None, Some(status)) => shown += &format!(", answered {status}"),
            (None, None) => {}
        }
        if let Some(next) = &last.next_attempt {
            shown += &format!(", again at {next}");
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Table;

    fn delivery(json: &str) -> String {
        serde_json::from_str::<Delivery>(json).unwrap().shown()
    }

    #[test]
    fn a_terminal_of_80_columns_has_room_for_the_events() {
        let table = Table::new(&COLUMNS, &[], Some(80));
        let line = table.line(COLUMNS.map(|_| "xxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
        assert_eq!(console::measure_text_width(line.trim_end()), 80, "{line}");
    }

    #[test]
    fn a_delivery_is_its_state_its_attempts_and_what_comes_next() {
        let failed = r#"{"timestamp":"t","status":500,"error":"the endpoint answered 500","duration_ms":1,"next_attempt":"2026-11-25T08:26:46.002113Z"}"#;
        let silent = r#"{"timestamp":"t","status":null,"error":"no answer in time","duration_ms":1,"next_attempt":null}"#;
        let good = r#"{"timestamp":"t","status":204,"error":null,"duration_ms":1,"next_attempt":null}"#;
        for (state, attempts, shown) in [
            ("skipped", String::new(), "skipped"),
            ("pending", String::new(), "pending"),
            (
                "pending",
                failed.to_owned(),
                "pending, 1 attempt, the endpoint answered 500, again at 2026-11-25T08:26:46.002113Z",
            ),
            (
                "failed",
                format!("{failed},{silent}"),
                "failed, 2 attempts, no answer in time",
            ),
            (
                "delivered",
                format!("{failed},{good}"),
                "delivered, 2 attempts, answered 204",
            ),
        ] {
            let json = format!(r#"{{"state":"{state}","attempts":[{attempts}]}}"#);
            assert_eq!(delivery(&json), shown);
        }
    }
}
