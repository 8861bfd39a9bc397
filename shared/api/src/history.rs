//! The representations of a customer's history and of its end.

use customer::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{Attempt, Author, DeliveryState, HistoryPage, Row, Tombstone};

use crate::caller::Caller;
use crate::log_line::CustomerMetric;
use crate::problem::Problem;
use crate::representation::{List, json};
use crate::response::Response;

/// 200 with a page of events. One that cannot be read is left out and logged.
///
/// # Errors
/// [`Problem::Internal`] if it cannot be written.
pub fn events(page: &HistoryPage, caller: &Caller) -> Result<Response, Problem> {
    let events = page.rows.iter().filter_map(|row| WrittenEvent::of(row, caller));
    json(&List {
        result: events.collect(),
        next_page_token: page.next.map(|token| token.encode()).unwrap_or_default(),
    })
}

/// 200 with what remains of a customer. The call counts as an erasure if the customer was erased at `now`, and not earlier.
///
/// # Errors
/// [`Problem::Internal`] if it cannot be written.
pub fn erased(tombstone: &Tombstone, now: Timestamp, caller: &Caller) -> Result<Response, Problem> {
    let mut response = json(&WrittenTombstone {
        id: tombstone.id.to_string(),
        tm_erase: tombstone.erased_at.to_string(),
        by: tombstone.by.as_ref().map(|by| WrittenAuthor::of(by, caller)),
    })?;
    if tombstone.erased_at == now {
        response.extensions_mut().insert(CustomerMetric::Erased);
    }
    Ok(response)
}

/// An event as it was told, with who made the change and what became of its delivery.
#[derive(Serialize)]
struct WrittenEvent<'a> {
    id: &'a RawValue,
    r#type: &'a RawValue,
    timestamp: &'a RawValue,
    version: &'a RawValue,
    changed: &'a RawValue,
    by: Option<WrittenAuthor<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
    delivery: WrittenDelivery<'a>,
}

/// The members of an event, of which none is read.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    r#type: &'a RawValue,
    #[serde(borrow)]
    timestamp: &'a RawValue,
    #[serde(borrow)]
    version: &'a RawValue,
    #[serde(borrow)]
    changed: &'a RawValue,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl<'a> WrittenEvent<'a> {
    fn of(row: &'a Row, caller: &Caller) -> Option<Self> {
        // The error's text could quote the row.
        let Ok(told) = serde_json::from_str::<Told<'_>>(&row.event) else {
            tracing::error!(customer_id = %row.customer_id, row.version, "an event of the history is left out: it cannot be read");
            return None;
        };
        Some(Self {
            id: told.id,
            r#type: told.r#type,
            timestamp: told.timestamp,
            version: told.version,
            changed: told.changed,
            by: row.by.as_ref().map(|by| WrittenAuthor::of(by, caller)),
            data: told.data,
            delivery: WrittenDelivery::of(row.delivery, &row.attempts),
        })
    }
}

/// Who made a change. Only operators see whose token it was.
#[derive(Serialize)]
struct WrittenAuthor<'a> {
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
}

impl<'a> WrittenAuthor<'a> {
    fn of(author: &'a Author, caller: &Caller) -> Self {
        let is_shown = caller.sees_subjects() && !author.subject.is_empty();
        Self {
            kind: &author.kind,
            subject: is_shown.then_some(&author.subject),
        }
    }
}

#[derive(Serialize)]
struct WrittenDelivery<'a> {
    state: &'static str,
    attempts: Vec<WrittenAttempt<'a>>,
}

impl<'a> WrittenDelivery<'a> {
    fn of(state: DeliveryState, attempts: &'a [Attempt]) -> Self {
        let attempts = attempts.iter().map(|attempt| WrittenAttempt {
            timestamp: attempt.at.to_rfc3339(),
            status: attempt.status,
            error: attempt.error.as_deref(),
            duration_ms: attempt.took.as_millis(),
            next_attempt: attempt.next_at.map(Timestamp::to_rfc3339),
        });
        Self {
            state: state.as_str(),
            attempts: attempts.collect(),
        }
    }
}

#[derive(Serialize)]
struct WrittenAttempt<'a> {
    timestamp: String,
    status: Option<u16>,
    error: Option<&'a str>,
    duration_ms: u128,
    next_attempt: Option<String>,
}

#[derive(Serialize)]
struct WrittenTombstone<'a> {
    id: String,
    tm_erase: String,
    by: Option<WrittenAuthor<'a>>,
}
