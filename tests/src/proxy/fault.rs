//! What can go wrong with a request, and what it makes of the request and its answer.

use std::time::Duration;

use hyper::body::Bytes;
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
    /// If it reads a batch, only this many of its keys are read, and the others come back as unprocessed.
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

/// Takes the keys behind the first `read` out of a batch of reads, and returns them.
pub(super) fn leave_unprocessed(request: &mut Value, read: usize) -> Option<Value> {
    let mut unprocessed = request.get("RequestItems")?.clone();
    for (table, left) in unprocessed.as_object_mut()? {
        let keys = request["RequestItems"][table.as_str()]["Keys"].as_array_mut()?;
        left["Keys"] = keys.split_off(read.min(keys.len())).into();
    }
    Some(unprocessed)
}

/// An answer that says these keys were not read.
pub(super) fn with_unprocessed(mut document: Value, keys: Value) -> Bytes {
    document["UnprocessedKeys"] = keys;
    document.to_string().into()
}
