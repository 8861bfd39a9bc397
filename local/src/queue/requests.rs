//! The requests of the SDK to SQS and EventBridge, in AWS's JSON protocol. `X-Amz-Target` names the operation.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Queue;

/// The queue and the bus as a service. The bus accepts every event and drops it, because the template has no rule for it.
pub fn router(queue: Queue) -> Router {
    Router::new().route("/", post(handle)).with_state(queue)
}

async fn handle(State(queue): State<Queue>, headers: HeaderMap, body: Bytes) -> Response {
    // The content type is AWS's own.
    let request = serde_json::from_slice(&body).unwrap_or_default();
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    match answer(&queue, target.unwrap_or_default(), &request) {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => {
            let error = json!({"__type": "InvalidRequest", "message": format!("{error:#}")});
            (StatusCode::BAD_REQUEST, Json(error)).into_response()
        }
    }
}

fn answer(queue: &Queue, target: &str, request: &Value) -> Result<Value> {
    match target {
        "AmazonSQS.SendMessageBatch" => {
            let entries = request.pointer("/Entries").and_then(Value::as_array);
            let sent: Result<Vec<_>> = entries
                .context("there are no Entries")?
                .iter()
                .map(|entry| {
                    let id = queue.send(text(entry, "MessageGroupId")?, text(entry, "MessageBody")?)?;
                    Ok(json!({"Id": text(entry, "Id")?, "MessageId": id, "MD5OfMessageBody": ""}))
                })
                .collect();
            Ok(json!({"Successful": sent?, "Failed": []}))
        }
        "AmazonSQS.ChangeMessageVisibility" => {
            let seconds = request.pointer("/VisibilityTimeout").and_then(Value::as_u64);
            let duration = Duration::from_secs(seconds.context("there is no VisibilityTimeout")?);
            queue.hide(&text(request, "ReceiptHandle")?, duration)?;
            Ok(json!({}))
        }
        "AWSEvents.PutEvents" => {
            let entries = request.pointer("/Entries").and_then(Value::as_array);
            let taken: Vec<_> = entries
                .context("there are no Entries")?
                .iter()
                .map(|_| json!({"EventId": "local"}))
                .collect();
            Ok(json!({"FailedEntryCount": 0, "Entries": taken}))
        }
        other => bail!("there is no operation {other:?} here"),
    }
}

fn text(value: &Value, name: &str) -> Result<String> {
    let text = value.get(name).and_then(Value::as_str);
    Ok(text.with_context(|| format!("{name} is missing"))?.to_owned())
}
