//! A proxy between the SDK and the database. It counts what passes, and fails on request.
//!
//! | module | holds |
//! |---|---|
//! | `fault` | what can go wrong with a request, and what it makes of the request and its answer |
//! | `pass` | the way of one request |

mod fault;
mod pass;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hyper::HeaderMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, watch};

pub use self::fault::Fault;

/// A proxy. It stops when the test's runtime ends.
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

/// A request that reached the proxy.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The DynamoDB operation, such as `UpdateItem`.
    pub operation: String,
    /// Its header fields.
    pub headers: HeaderMap,
    /// Its body.
    pub request: Value,
    /// `ConsumedCapacity` of its answer; `null` if it was not answered.
    pub capacity: Value,
}

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
                let service = service_fn(move |request| pass::pass(state.clone(), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        proxy
    }

    /// Applies one of these faults to each of the next requests.
    pub fn inject(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.faults.lock().expect("no poison").extend(faults);
    }

    /// Clears all faults and releases held requests.
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

impl State {
    fn next_fault(&self) -> Fault {
        let mut faults = self.faults.lock().expect("no poison");
        faults.pop_front().unwrap_or(Fault::Pass)
    }

    /// Notes a request, and returns its place among those that were seen.
    fn record(&self, operation: String, headers: &HeaderMap, request: &Value) -> usize {
        let mut seen = self.seen.lock().expect("no poison");
        seen.push(Seen {
            operation,
            headers: headers.clone(),
            request: request.clone(),
            capacity: Value::Null,
        });
        seen.len() - 1
    }

    fn record_capacity(&self, index: usize, answer: &Value) {
        // The list may have been taken meanwhile.
        if let Some(seen) = self.seen.lock().expect("no poison").get_mut(index) {
            seen.capacity = answer["ConsumedCapacity"].clone();
        }
    }

    async fn wait_for_release(&self) {
        let mut healed = self.healed.subscribe();
        self.arrived.notify_one();
        tokio::select! {
            released = self.released.acquire() => released.expect("it is never closed").forget(),
            _ = healed.changed() => {}
        }
    }
}
