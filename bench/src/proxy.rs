//! A proxy between the functions and the database that counts requests and capacity units.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::http::{Connection, Message};

/// What requests consumed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Consumed {
    /// Requests.
    pub(crate) requests: u32,
    /// Read request units.
    pub(crate) reads: f64,
    /// Write request units, the index's included.
    pub(crate) writes: f64,
}

/// A counting proxy. It ends with the process.
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    consumed: Arc<Mutex<Consumed>>,
}

impl Proxy {
    /// Starts a proxy in front of the database at `upstream`.
    pub(crate) fn start(upstream: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("no port for the proxy")?;
        let address = listener.local_addr()?;
        let consumed = Arc::new(Mutex::new(Consumed::default()));
        let counter = consumed.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counter = counter.clone();
                // A connection that breaks is a function that ended.
                thread::spawn(move || pass(stream, upstream, &counter));
            }
        });
        Ok(Self { address, consumed })
    }

    /// What was consumed since this was last asked.
    pub(crate) fn take(&self) -> Consumed {
        std::mem::take(&mut self.consumed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Passes one connection's requests on. The capacity is asked for here, on the wire: the functions do not ask.
fn pass(stream: TcpStream, upstream: SocketAddr, counter: &Mutex<Consumed>) -> Result<()> {
    let mut client = Connection::accepted(stream)?;
    let mut server = Connection::open(upstream)?;
    while let Some(mut request) = client.receive()? {
        let mut body: Value = serde_json::from_slice(&request.body)?;
        body["ReturnConsumedCapacity"] = json!("INDEXES");
        request.body = body.to_string().into_bytes();
        let answer = server.ask(&request)?;
        let target = request.header("x-amz-target").unwrap_or_default();
        let consumed = consumed(target, &answer)?;
        let mut sum = counter.lock().unwrap_or_else(PoisonError::into_inner);
        sum.requests += 1;
        sum.reads += consumed.reads;
        sum.writes += consumed.writes;
        drop(sum);
        answer.send(client.stream())?;
    }
    Ok(())
}

/// What one request consumed.
fn consumed(target: &str, answer: &Message) -> Result<Consumed> {
    let document: Value = serde_json::from_slice(&answer.body)?;
    let is_read = ["GetItem", "Query"].iter().any(|read| target.ends_with(read));
    let units = match &document["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().map(units).sum(),
        // A refused write says nothing of it, yet costs as if it had been made: a unit for an item up to 1 KB.
        Value::Null if !is_read => 1.0,
        table => units(table),
    };
    let (reads, writes) = if is_read { (units, 0.0) } else { (0.0, units) };
    Ok(Consumed {
        requests: 1,
        reads,
        writes,
    })
}

fn units(table: &Value) -> f64 {
    table["CapacityUnits"].as_f64().unwrap_or_default()
}
