//! The requests of the SDK to SQS and EventBridge, in AWS's JSON protocol. `X-Amz-Target` names the operation.

use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Queue;

/// How many seconds SQS hides a message at most.
const LONGEST_HIDDEN: u64 = 43_200;

/// Why a request is refused.
struct Refusal {
    code: &'static str,
    message: String,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self {
            code: "InvalidRequest",
            message: format!("{error:#}"),
        }
    }
}

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
        Err(Refusal { code, message }) => {
            let error = json!({"__type": code, "message": message});
            (StatusCode::BAD_REQUEST, Json(error)).into_response()
        }
    }
}

fn answer(queue: &Queue, target: &str, request: &Value) -> Result<Value, Refusal> {
    match target {
        "AmazonSQS.SendMessageBatch" => {
            let entries = request.pointer("/Entries").and_then(Value::as_array);
            let mut successful = Vec::new();
            let mut failed = Vec::new();
            for entry in entries.context("there are no Entries")? {
                let id = text(entry, "Id")?;
                let body = text(entry, "MessageBody")?;
                if body.chars().all(is_allowed) {
                    let message_id = queue.send(text(entry, "MessageGroupId")?, body)?;
                    successful.push(json!({"Id": id, "MessageId": message_id, "MD5OfMessageBody": ""}));
                } else {
                    failed.push(json!({
                        "Id": id,
                        "SenderFault": true,
                        "Code": "InvalidMessageContents",
                        "Message": "the message has a character that SQS does not allow",
                    }));
                }
            }
            Ok(json!({"Successful": successful, "Failed": failed}))
        }
        "AmazonSQS.ChangeMessageVisibility" => {
            let seconds = request.get("VisibilityTimeout");
            let seconds = seconds.context("VisibilityTimeout is missing")?.as_u64();
            let seconds = seconds.filter(|seconds| *seconds <= LONGEST_HIDDEN);
            let seconds = seconds.ok_or_else(|| Refusal {
                code: "InvalidParameterValue",
                message: format!("VisibilityTimeout must be an integer from 0 to {LONGEST_HIDDEN}"),
            })?;
            queue.hide(&text(request, "ReceiptHandle")?, Duration::from_secs(seconds))?;
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
        other => Err(anyhow!("there is no operation {other:?} here").into()),
    }
}

/// Whether SQS allows a character in a message: those of XML 1.0.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

fn text(value: &Value, name: &str) -> Result<String> {
    let text = value.get(name).and_then(Value::as_str);
    Ok(text.with_context(|| format!("{name} is missing"))?.to_owned())
}

#[cfg(test)]
mod tests {
    use dynoxide::Database;

    use super::*;

    #[test]
    fn a_message_that_sqs_refuses_is_refused_and_the_others_of_its_batch_are_taken() {
        let allowed = [
            "\t\n\r ",
            "\u{7f}\u{d7ff}\u{e000}\u{fffd}\u{10000}\u{1ffff}\u{10ffff}",
        ];
        let refused = ["\0", "\u{8}", "\u{b}", "\u{1f}", "\u{fffe}", "\u{ffff}"];
        let queue = Queue::open(&Database::memory().unwrap(), 1).unwrap();
        for body in refused {
            let entries: Vec<_> = [allowed[0], body, allowed[1]]
                .iter()
                .enumerate()
                .map(|(n, body)| json!({"Id": n.to_string(), "MessageGroupId": "a", "MessageBody": body}))
                .collect();
            let request = json!({"Entries": entries});
            let before = queue.len();
            let Ok(answer) = answer(&queue, "AmazonSQS.SendMessageBatch", &request) else {
                panic!("{body:?}")
            };
            let ids: Vec<_> = answer["Successful"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["Id"].as_str().unwrap())
                .collect();
            assert_eq!(ids, ["0", "2"], "{body:?}");
            let [failed] = answer["Failed"].as_array().unwrap().as_slice() else {
                panic!("{answer}")
            };
            assert_eq!(
                (&failed["Id"], &failed["Code"], &failed["SenderFault"]),
                (&json!("1"), &json!("InvalidMessageContents"), &json!(true)),
                "{body:?}"
            );
            assert_eq!(queue.len(), before + 2);
        }
    }

    #[test]
    fn a_message_is_hidden_for_as_long_as_sqs_allows() {
        let queue = Queue::open(&Database::memory().unwrap(), 1).unwrap();
        let hide = |seconds: Value| {
            let request = json!({"ReceiptHandle": "0", "VisibilityTimeout": seconds});
            answer(&queue, "AmazonSQS.ChangeMessageVisibility", &request)
        };
        for allowed in [0, 43_200] {
            assert!(hide(json!(allowed)).is_ok(), "{allowed}");
        }
        for refused in [json!(43_201), json!(u64::MAX), json!(-1)] {
            let Err(error) = hide(refused.clone()) else {
                panic!("{refused}")
            };
            assert_eq!(error.code, "InvalidParameterValue", "{refused}");
        }
    }
}
