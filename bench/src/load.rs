//! Clients that ask a server for something, each as soon as its last answer has come.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use crate::http::{Connection, Message};
use crate::stats::Sample;

/// What clients saw of a server.
pub(crate) struct Load {
    /// Answers in a second.
    pub(crate) rate: f64,
    /// From a request to its answer, in ms.
    pub(crate) latency: Sample,
}

/// When a load ends: whichever comes first.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// After so many requests.
    pub(crate) requests: usize,
    /// After so long.
    pub(crate) time: Duration,
}

/// Has so many clients at once send what `request` makes of the requests' numbers; every answer has to have this
/// status.
pub(crate) fn run(
    address: SocketAddr,
    clients: usize,
    limits: Limits,
    status: u16,
    request: impl Fn(usize) -> Message + Sync,
) -> Result<Load> {
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    let end = started + limits.time;
    let client = || -> Result<Vec<f64>> {
        let mut connection = Connection::open(address)?;
        let mut latencies = Vec::new();
        while Instant::now() < end {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= limits.requests {
                break;
            }
            let request = request(number);
            let sent = Instant::now();
            let answer = connection.ask(&request)?;
            latencies.push(sent.elapsed().as_secs_f64() * 1000.0);
            let body = || String::from_utf8_lossy(&answer.body).into_owned();
            ensure!(answer.status()? == status, "{}: {}", answer.start, body());
        }
        Ok(latencies)
    };
    let latencies = thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        let ended = clients.into_iter().map(|client| {
            client
                .join()
                .map_err(|_| anyhow!("a client panicked"))
                .and_then(|result| result.context("a client failed"))
        });
        ended.collect::<Result<Vec<_>>>()
    })?;
    let latency: Sample = latencies.into_iter().flatten().collect();
    Ok(Load {
        rate: latency.count() as f64 / started.elapsed().as_secs_f64(),
        latency,
    })
}
