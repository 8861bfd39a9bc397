//! What can go wrong with a request, and what it makes of the request and its answer.

use std::time::Duration;

use serde_json::{Value, json};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: it passes.
    Pass,
    /// It is executed only after this long.
    Delay(Duration),
    /// It is executed, and answered, only after [`Proxy::release`](super::Proxy::release) or [`Proxy::heal`](super::Proxy::heal).
    Hold,
    /// It is never answered, and executed after [`Proxy::release`](super::Proxy::release).
    ExecuteLate,
    /// The connection breaks before it is executed.
    DropBefore,
    /// It is executed, and the connection breaks before the answer.
    DropAfter,
    /// It is executed, and the connection breaks in the middle of the answer.
    BreakOff,
    /// It is executed, and the answer is half a JSON document.
    HalfDocument,
    /// It is refused with this status and DynamoDB error code.
    Refuse(u16, &'static str),
    /// It is swallowed: no answer ever comes.
    Swallow,
    /// If it is a transaction, it is cancelled with this reason for its first item.
    Cancel(&'static str),
    /// If it reads or writes a batch, only this many of each table are, and the others come back as unprocessed.
    LeaveUnprocessed(usize),
}

/// The document of an error.
pub(super) fn error(code: &str) -> Value {
    json!({"__type": type_of(code), "message": "injected"})
}

fn type_of(code: &str) -> String {
    format!("com.amazonaws.dynamodb.v20120810#{code}")
}

/// The error of a transaction that is cancelled with `reason` for its first item.
pub(super) fn cancellation(request: &Value, reason: &str) -> Value {
    let items = request["TransactItems"].as_array().map_or(0, Vec::len);
    let mut reasons = vec![json!({"Code": "None"}); items];
    if let Some(first) = reasons.first_mut() {
        *first = json!({"Code": reason, "Message": "injected"});
    }
    json!({"__type": type_of("TransactionCanceledException"), "Message": "injected", "CancellationReasons": reasons})
}

/// Takes what is behind the first `count` out of a batch of reads or writes, and returns it.
pub(super) fn leave_unprocessed(request: &mut Value, count: usize) -> Option<Value> {
    let mut unprocessed = request.get("RequestItems")?.clone();
    for (table, left) in unprocessed.as_object_mut()? {
        let (batch, left) = match &mut request["RequestItems"][table.as_str()] {
            Value::Array(writes) => (writes, left),
            reads => (reads["Keys"].as_array_mut()?, &mut left["Keys"]),
        };
        *left = batch.split_off(count.min(batch.len())).into();
    }
    Some(unprocessed)
}

/// Whether it is a batch of writes, not of reads.
pub(super) fn writes_batch(request: &Value) -> bool {
    let tables = request["RequestItems"].as_object();
    tables.is_some_and(|tables| tables.values().all(Value::is_array))
}

/// An answer that says that this was not read or written.
pub(super) fn with_unprocessed(mut document: Value, unprocessed: Value, is_write: bool) -> Value {
    let member = if is_write {
        "UnprocessedItems"
    } else {
        "UnprocessedKeys"
    };
    document[member] = unprocessed;
    document
}
