//! A proxy on the wire between the SDK and the database. It counts what passes, and fails on request.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, watch};

/// A proxy. It ends with the runtime of its test.
#[derive(Clone)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<State>,
}

struct State {
    upstream: SocketAddr,
    client: reqwest::Client,
    faults: Mutex<VecDeque<Fault>>,
    healed: watch::Sender<()>,
    seen: Mutex<Vec<Seen>>,
    arrived: Notify,
    released: Semaphore,
    executed_late: Notify,
}

/// What happens to the next request instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: it passes.
    Pass,
    /// It is executed only after this long.
    Delay(Duration),
    /// It is executed, and answered, only after [`Proxy::release`] or [`Proxy::heal`].
    Hold,
    /// It is never answered, and executed after [`Proxy::release`].
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

/// A request that reached the proxy.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The DynamoDB operation, such as `UpdateItem`.
    pub operation: String,
    /// Its body.
    pub request: Value,
    /// `ConsumedCapacity` of its answer; `null` if it was not answered.
    pub capacity: Value,
}

type Body = BoxBody<Bytes, io::Error>;

impl Proxy {
    /// Starts a proxy in front of the database at `upstream`.
    pub async fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            upstream,
            client: crate::client(),
            faults: Mutex::default(),
            healed: watch::Sender::default(),
            seen: Mutex::default(),
            arrived: Notify::new(),
            released: Semaphore::new(0),
            executed_late: Notify::new(),
        });
        let proxy = Self {
            address,
            state: state.clone(),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = state.clone();
                let service = service_fn(move |request| pass(state.clone(), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        proxy
    }

    /// Lets these happen to the next requests, one each.
    pub fn inject(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.faults.lock().expect("no poison").extend(faults);
    }

    /// Lets everything pass from now on, and what is held too.
    pub fn heal(&self) {
        self.state.faults.lock().expect("no poison").clear();
        self.state.healed.send_replace(());
    }

    /// Waits until a request is held up.
    pub async fn holds_one(&self) {
        self.state.arrived.notified().await;
    }

    /// Lets one request go that is held up.
    pub fn release(&self) {
        self.state.released.add_permits(1);
    }

    /// Waits until a request was executed late.
    pub async fn executed_late(&self) {
        self.state.executed_late.notified().await;
    }

    /// What reached the proxy since this was last asked.
    pub fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state.seen.lock().expect("no poison"))
    }
}

async fn pass(state: Arc<State>, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let operation = parts.headers["x-amz-target"].to_str().unwrap_or_default();
    let operation = operation.rsplit('.').next().unwrap_or_default().to_owned();
    let mut request: Value = serde_json::from_slice(&body)?;
    if operation == "ListTables" {
        // Whether a database is there at all is asked before the work begins, and is no part of it.
        return forward(&state, parts.headers, request)
            .await
            .map(|(status, bytes)| response(status, whole(bytes)));
    }
    let fault = state
        .faults
        .lock()
        .expect("no poison")
        .pop_front()
        .unwrap_or(Fault::Pass);
    let index = {
        let mut seen = state.seen.lock().expect("no poison");
        seen.push(Seen {
            operation,
            request: request.clone(),
            capacity: Value::Null,
        });
        seen.len() - 1
    };

    match fault {
        Fault::DropBefore => return Err(io::Error::other("dropped before")),
        Fault::Refuse(status, code) => {
            return Ok(refusal(
                status,
                json!({"__type": type_of(code), "message": "injected"}),
            ));
        }
        Fault::Cancel(reason) if request["TransactItems"].is_array() => {
            return Ok(refusal(400, cancellation(&request, reason)));
        }
        Fault::Swallow => std::future::pending().await,
        Fault::Delay(time) => tokio::time::sleep(time).await,
        Fault::Hold => state.wait_for_release().await,
        Fault::ExecuteLate => {
            let (state, headers) = (state.clone(), parts.headers);
            // A task of its own, for this one ends when the client gives up.
            tokio::spawn(async move {
                state.wait_for_release().await;
                let executed = forward(&state, headers, request).await;
                executed.expect("the database answers");
                state.executed_late.notify_one();
            });
            return std::future::pending().await;
        }
        Fault::LeaveUnprocessed(0) => {
            let unprocessed = request["RequestItems"].clone();
            return Ok(refusal(
                200,
                json!({"Responses": {}, "UnprocessedKeys": unprocessed}),
            ));
        }
        _ => {}
    }
    let unprocessed = match fault {
        Fault::LeaveUnprocessed(read) => leave_unprocessed(&mut request, read),
        _ => None,
    };

    // The capacity is asked for on the wire, so that the functions need not pay for the answer to carry it.
    request["ReturnConsumedCapacity"] = json!("INDEXES");
    let (status, bytes) = forward(&state, parts.headers, request).await?;
    let document: Value = serde_json::from_slice(&bytes)?;
    if let Some(seen) = state.seen.lock().expect("no poison").get_mut(index) {
        seen.capacity = document["ConsumedCapacity"].clone();
    }

    let bytes = match unprocessed {
        Some(keys) => with_unprocessed(document, keys),
        None => bytes,
    };
    match fault {
        Fault::DropAfter => Err(io::Error::other("dropped after")),
        Fault::HalfDocument => Ok(response(status, whole(bytes.slice(..bytes.len() / 2)))),
        Fault::BreakOff => Ok(response(status, broken_off(bytes.slice(..bytes.len() / 2)))),
        _ => Ok(response(status, whole(bytes))),
    }
}

impl State {
    async fn wait_for_release(&self) {
        let mut healed = self.healed.subscribe();
        self.arrived.notify_one();
        tokio::select! {
            released = self.released.acquire() => released.expect("it is never closed").forget(),
            _ = healed.changed() => {}
        }
    }
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

fn response(status: u16, body: Body) -> Response<Body> {
    let builder = Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0");
    builder.body(body).expect("a response")
}

fn refusal(status: u16, document: Value) -> Response<Body> {
    response(status, whole(document.to_string().into()))
}

fn type_of(code: &str) -> String {
    format!("com.amazonaws.dynamodb.v20120810#{code}")
}

fn cancellation(request: &Value, reason: &str) -> Value {
    let items = request["TransactItems"].as_array().map_or(0, Vec::len);
    let mut reasons = vec![json!({"Code": "None"}); items];
    if let Some(first) = reasons.first_mut() {
        *first = json!({"Code": reason, "Message": "injected"});
    }
    json!({"__type": type_of("TransactionCanceledException"), "Message": "injected", "CancellationReasons": reasons})
}

/// Takes the keys behind the first `read` out of a batch of reads.
fn leave_unprocessed(request: &mut Value, read: usize) -> Option<Value> {
    let mut unprocessed = request.get("RequestItems")?.clone();
    for (table, left) in unprocessed.as_object_mut()? {
        let keys = request["RequestItems"][table.as_str()]["Keys"].as_array_mut()?;
        left["Keys"] = keys.split_off(read.min(keys.len())).into();
    }
    Some(unprocessed)
}

fn with_unprocessed(mut document: Value, keys: Value) -> Bytes {
    document["UnprocessedKeys"] = keys;
    document.to_string().into()
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

/// A body that ends before its end.
fn broken_off(bytes: Bytes) -> Body {
    let frames = [Ok(Frame::data(bytes)), Err(io::Error::other("broken off"))];
    StreamBody::new(tokio_stream::iter(frames)).boxed()
}
