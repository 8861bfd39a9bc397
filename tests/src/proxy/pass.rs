//! The way of one request.

use std::io;
use std::sync::Arc;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::{HeaderMap, Request, Response};
use serde_json::{Value, json};

use super::State;
use super::fault::{Fault, cancellation, error, leave_unprocessed, with_unprocessed, writes_batch};

type Body = BoxBody<Bytes, io::Error>;

/// Answers one request, as the next fault says.
pub(super) async fn pass(state: Arc<State>, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let operation = parts.headers["x-amz-target"].to_str().unwrap_or_default();
    let operation = operation.rsplit('.').next().unwrap_or_default().to_owned();
    let mut request: Value = serde_json::from_slice(&body)?;
    if operation == "ListTables" {
        // Only asks whether a database is there: it is not counted and meets no fault.
        return forward(&state, parts.headers, request)
            .await
            .map(|(status, bytes)| response(status, whole(bytes)));
    }
    let fault = state.next_fault();
    let index = state.record(operation, &parts.headers, &request);
    let is_write = writes_batch(&request);
    match fault {
        Fault::DropBefore => return Err(io::Error::other("dropped before")),
        Fault::Refuse(status, code) => return Ok(document(status, error(code))),
        Fault::Cancel(reason) if request["TransactItems"].is_array() => {
            return Ok(document(400, cancellation(&request, reason)));
        }
        Fault::Swallow => std::future::pending().await,
        Fault::Delay(time) => tokio::time::sleep(time).await,
        Fault::Hold => state.wait_for_release().await,
        Fault::ExecuteLate => return execute_late(state, parts.headers, request).await,
        Fault::LeaveUnprocessed(0) => {
            let unprocessed = request["RequestItems"].take();
            let answer = with_unprocessed(json!({"Responses": {}}), unprocessed, is_write);
            return Ok(document(200, answer));
        }
        _ => {}
    }
    let unprocessed = match fault {
        Fault::LeaveUnprocessed(read) => leave_unprocessed(&mut request, read),
        _ => None,
    };

    // The functions do not ask for the capacity, to keep their answers small.
    request["ReturnConsumedCapacity"] = json!("INDEXES");
    let (status, bytes) = forward(&state, parts.headers, request).await?;
    let answer: Value = serde_json::from_slice(&bytes)?;
    state.record_capacity(index, &answer);

    let bytes = match unprocessed {
        Some(unprocessed) => with_unprocessed(answer, unprocessed, is_write).to_string().into(),
        None => bytes,
    };
    match fault {
        Fault::DropAfter => Err(io::Error::other("dropped after")),
        Fault::HalfDocument => Ok(response(status, whole(bytes.slice(..bytes.len() / 2)))),
        Fault::BreakOff => Ok(response(status, broken_off(bytes.slice(..bytes.len() / 2)))),
        _ => Ok(response(status, whole(bytes))),
    }
}

/// Never answers, and executes the request once it is released.
async fn execute_late(state: Arc<State>, headers: HeaderMap, request: Value) -> io::Result<Response<Body>> {
    // In a task of its own: this one ends when the client gives up.
    tokio::spawn(async move {
        state.wait_for_release().await;
        let executed = forward(&state, headers, request).await;
        executed.expect("the database answers");
        state.executed_late.notify_one();
    });
    std::future::pending().await
}

/// The database's own answer.
async fn forward(state: &State, mut headers: HeaderMap, request: Value) -> io::Result<(u16, Bytes)> {
    headers.remove("content-length");
    headers.remove("host");
    let upstream = format!("http://{}", state.upstream);
    let request = state
        .client
        .post(upstream)
        .headers(headers)
        .body(request.to_string());
    let answer = request.send().await.map_err(io::Error::other)?;
    let status = answer.status().as_u16();
    Ok((status, answer.bytes().await.map_err(io::Error::other)?))
}

fn document(status: u16, document: Value) -> Response<Body> {
    response(status, whole(document.to_string().into()))
}

fn response(status: u16, body: Body) -> Response<Body> {
    let builder = Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0");
    builder.body(body).expect("a response")
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

/// A body whose connection breaks after these bytes.
fn broken_off(bytes: Bytes) -> Body {
    let frames = [Ok(Frame::data(bytes)), Err(io::Error::other("broken off"))];
    StreamBody::new(tokio_stream::iter(frames)).boxed()
}
