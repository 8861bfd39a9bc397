//! The local server under load.

use std::sync::{Arc, atomic::AtomicUsize, atomic::Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::ProgressIterator;
use reqwest::Client;
use serde_json::from_str;
use tests::{OPERATOR, TestApp, id};
use tokio::{runtime::Runtime, task::JoinSet};

use crate::chart;
use crate::operation::body;
use crate::report::{Report, Sample, figure, table};

/// How many clients send requests at once, and which.
const CLIENTS: [usize; 3] = [1, 8, 64];
const REQUESTS: [&str; 3] = ["get", "list 10", "create"];

/// The longest duration of a round.
const TIME: Duration = Duration::from_secs(5);

/// How many customers a round creates at most: each transaction slows down the database's later ones, so that later
/// rounds would pay for earlier ones.
const CREATIONS: usize = 500;

/// How many customers exist to get and to list.
const CUSTOMERS: usize = 100;

/// A request's name, the number of clients, answers per second, and the requests' durations in ms.
type Round = (&'static str, usize, f64, Sample);

/// Runs the server in this process, sends it requests over the loopback interface, and writes the figures. The clients
/// use the same cores.
pub(crate) async fn measure(requests: usize, report: &mut Report) -> Result<()> {
    // The server gets its own threads, as it has in its own process.
    let runtime = Runtime::new().context("cannot start a runtime")?;
    let app = runtime.spawn(TestApp::start()).await?;
    let mut customers = Vec::new();
    for number in 0..CUSTOMERS {
        let created = app.post(from_str(&body(&format!("first-{number}")))?).await;
        customers.push(format!("http://{}/customers/{}", app.address, id(&created.body)));
    }
    let customers = Arc::new(customers);
    let mut rounds = Vec::new();
    eprintln!("server: at most {requests} requests in each round");
    for clients in CLIENTS.into_iter().progress() {
        let limits = [requests, requests, requests.min(CREATIONS)];
        for (name, limit) in REQUESTS.into_iter().zip(limits) {
            let round = run(&customers, name, clients, limit).await;
            rounds.push(round.with_context(|| format!("{name} by {clients} clients"))?);
        }
    }
    runtime.shutdown_background();
    write(&rounds, report)
}

/// The URLs of the customers to get.
type Urls = Arc<Vec<String>>;

/// Runs a round: each client sends its next request as soon as it has its answer.
async fn run(customers: &Urls, name: &'static str, clients: usize, limit: usize) -> Result<Round> {
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..clients {
        let (customers, next) = (customers.clone(), next.clone());
        running.spawn(async move {
            let client = Client::new();
            let mut times = Vec::new();
            while started.elapsed() < TIME {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= limit {
                    break;
                }
                let customer = &customers[number % CUSTOMERS];
                let (all, _) = customer.rsplit_once('/').unwrap_or_default();
                let request = match name {
                    "get" => client.get(customer),
                    "list 10" => client.get(format!("{all}?page_size=10")),
                    _ => client.post(all).body(body(&format!("round-{clients}-{number}"))),
                };
                let request = request.header("content-type", "application/json");
                let sent = Instant::now();
                let answer = request.bearer_auth(OPERATOR).send().await?;
                answer.error_for_status()?.bytes().await?;
                times.push(sent.elapsed());
            }
            Ok(times)
        });
    }
    let times = running.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    let (seconds, mut latency) = (started.elapsed().as_secs_f64(), Sample::default());
    let times = times.concat();
    let rate = times.len() as f64 / seconds;
    times.into_iter().for_each(|time| latency.push_time(time));
    Ok((name, clients, rate, latency))
}

/// Writes the figures.
fn write(rounds: &[Round], report: &mut Report) -> Result<()> {
    let rows = rounds.iter().map(|(name, clients, rate, latency)| {
        let (rate, latency) = (figure(*rate), latency.cells(&[0.5, 0.9, 0.99]));
        format!("{name} | {clients} | {rate} | {latency}")
    });
    let head = "request | clients | requests per second | p50 ms | p90 ms | p99 ms";
    let rates = table(head, rows);
    let text = format!(
        "![Requests per second by number of clients](performance/server.svg)\n\n{rates}\nThe clients run on the same cores as the \
         server. Each transaction of the last ten minutes slows down the embedded database's next one, and every \
         create is a transaction."
    );
    report.set("server", &text);
    let lines = REQUESTS.map(|name| {
        let rounds = rounds.iter().filter(|(asked, ..)| *asked == name);
        (name, rounds.map(|(_, _, rate, _)| *rate).collect())
    });
    let titles = ["The local server", "clients", "requests per second"];
    chart::lines(&report.chart("server"), titles, &CLIENTS, &lines)
}
