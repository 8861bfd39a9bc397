//! The local server under load.

mod report;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use local::server::{Options, Server};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::bench::{Bench, progress};
use crate::http::{Connection, Message};
use crate::load::{Limits, Load, run};
use crate::population;

/// How many clients ask at once.
const CLIENTS: [usize; 3] = [1, 8, 64];

/// How long a round takes at most.
const TIME: Duration = Duration::from_secs(5);

/// How many customers a round creates at most: the database makes transactions slower the more of them it has
/// seen, and a later round would pay for the earlier ones.
const CREATIONS: usize = 500;

/// How many customers there are to get and to list.
const CUSTOMERS: usize = 100;

/// The figures of the local server.
pub(crate) struct Served {
    rounds: Vec<Round>,
}

/// One kind of request by so many clients.
struct Round {
    name: &'static str,
    clients: usize,
    load: Load,
}

/// Runs the server in this process and asks it over the loopback interface, so that the clients take their share
/// of the same cores.
pub(crate) fn measure(bench: &Bench) -> Result<Served> {
    let runtime = Runtime::new().context("no runtime")?;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = runtime.block_on(Server::start(Options {
        listen: any.into(),
        dynamodb: any.into(),
        data: None,
        template: bench.root.join("template.yaml"),
        cors: Vec::new(),
        access_log: false,
    }))?;
    let ids = customers(server.address)?;
    let requests = bench.arguments.requests();
    let mut rounds = Vec::new();
    let bar = progress("server", 3 * CLIENTS.len())?;
    for (turn, clients) in CLIENTS.into_iter().enumerate() {
        let mut round = |name, status, requests, request: &(dyn Fn(usize) -> Message + Sync)| {
            let limits = Limits { requests, time: TIME };
            let load = run(server.address, clients, limits, status, request)
                .with_context(|| format!("{name} by {clients} clients"))?;
            rounds.push(Round { name, clients, load });
            bar.inc(1);
            anyhow::Ok(())
        };
        round("get", 200, requests, &|number| {
            get(&format!("/customers/{}", ids[number % ids.len()]))
        })?;
        round("list 10", 200, requests, &|_| get("/customers?page_size=10"))?;
        round("create", 201, requests.min(CREATIONS), &|number| {
            create(&format!("round-{turn}-{number}"))
        })?;
    }
    bar.finish();
    runtime.block_on(server.stop())?;
    Ok(Served { rounds })
}

/// Creates some customers and returns their ids.
fn customers(address: SocketAddr) -> Result<Vec<String>> {
    let mut connection = Connection::open(address)?;
    (0..CUSTOMERS)
        .map(|number| {
            let answer = connection.ask(&create(&format!("first-{number}")))?;
            let customer: Value = serde_json::from_slice(&answer.body)?;
            let id = customer["id"].as_str().context("no customer was created")?;
            Ok(id.to_owned())
        })
        .collect()
}

fn get(path: &str) -> Message {
    request(format!("GET {path} HTTP/1.1"), "")
}

fn create(username: &str) -> Message {
    let body = population::body(username).to_string();
    request("POST /customers HTTP/1.1".to_owned(), &body).with("content-type", "application/json")
}

fn request(start: String, body: &str) -> Message {
    Message::new(start, body)
        .with("host", "localhost")
        .with("authorization", "Bearer operator")
}
