//! Events of the local server, from the write to the customer's endpoint, with and without bad endpoints beside it.

use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use local::server::{Options, Webhooks};
use reqwest::Client;
use serde_json::{Value, json};
use tests::{OPERATOR, TestApp, in_memory};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio::{runtime::Runtime, task::JoinSet};

use crate::report::{Report, Sample, figure, table};

/// How many customers are created at the same time.
const CLIENTS: usize = 8;

/// How many changes the customers with bad endpoints have before.
const CHANGES: usize = 100;

/// How long to wait for the last event.
const PATIENCE: Duration = Duration::from_secs(120);

/// When each customer's first event arrived.
type Arrivals = Arc<Mutex<HashMap<String, Instant>>>;

/// Creates customers and waits for their events, in a system of its own for each case; and writes the figures.
pub(crate) async fn measure(customers: usize, report: &mut Report) -> Result<()> {
    let mut rows = Vec::new();
    eprintln!("events: {customers} customers, twice");
    for (case, has_bad_endpoints) in [
        ("good endpoints only", false),
        ("beside a dead one and one that never answers", true),
    ] {
        let (rate, waits) = run(customers, has_bad_endpoints).await?;
        let (rate, waits) = (figure(rate), waits.cells(&[0.5, 0.99, 1.0]));
        rows.push(format!("{case} | {rate} | {waits}"));
    }
    let head = "endpoints | events per second | p50 ms | p99 ms | slowest ms";
    let text = format!(
        "{}\n{customers} customers are created by {CLIENTS} clients as fast as the local server can; each has one event. \
         The times are from the answer to the creation until the event has arrived. Each of the two bad endpoints has \
         {CHANGES} events waiting. Clients, server and endpoints share the same cores.",
        table(head, rows)
    );
    report.set("events", &text);
    Ok(())
}

/// Events per second, and how long each event took, in ms.
async fn run(customers: usize, has_bad_endpoints: bool) -> Result<(f64, Sample)> {
    // The server gets its own threads, as it has in its own process.
    let runtime = Runtime::new().context("cannot start a runtime")?;
    let options = Options {
        webhooks: Webhooks::PublicAndLoopback,
        ..in_memory()
    };
    let app = runtime.spawn(TestApp::start_with(options)).await?;
    let url: Arc<str> = format!("http://{}/customers", app.address).into();
    let arrivals = Arrivals::default();
    let good = endpoint(arrivals.clone()).await?;
    if has_bad_endpoints {
        let silent = silent_endpoint().await?;
        for (username, uri) in [("dead", "http://127.0.0.1:1/"), ("silent", &silent)] {
            let path = format!("{url}/{}", create(&url, username, uri).await?);
            for change in 0..CHANGES {
                let call = Client::new().patch(&path).bearer_auth(OPERATOR);
                let body = json!({"name": change.to_string()}).to_string();
                call.header("content-type", "application/json")
                    .body(body)
                    .send()
                    .await?;
            }
        }
        sleep(Duration::from_secs(1)).await;
    }

    let started = Instant::now();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (url, good) = (url.clone(), good.clone());
        clients.spawn(async move {
            let mut answered = Vec::new();
            for number in (client..customers).step_by(CLIENTS) {
                let id = create(&url, &format!("customer-{number}"), &good).await?;
                answered.push((id, Instant::now()));
            }
            anyhow::Ok(answered)
        });
    }
    let answered = clients
        .join_all()
        .await
        .into_iter()
        .collect::<Result<Vec<_>>>()?
        .concat();
    let arrived = || arrivals.lock().unwrap_or_else(PoisonError::into_inner).clone();
    while arrived().len() < customers {
        ensure!(
            started.elapsed() < PATIENCE,
            "{} of {customers} events arrived",
            arrived().len()
        );
        sleep(Duration::from_millis(20)).await;
    }
    let arrived = arrived();
    let last = arrived.values().max().context("no event arrived")?;
    let mut waits = Sample::default();
    for (id, answered) in &answered {
        let arrived = arrived.get(id).context("an event did not arrive")?;
        waits.push_time(arrived.saturating_duration_since(*answered));
    }
    // A runtime cannot be dropped in an asynchronous context.
    runtime.shutdown_background();
    Ok((customers as f64 / (*last - started).as_secs_f64(), waits))
}

/// Creates a customer, and returns its id.
async fn create(url: &str, username: &str, webhook_uri: &str) -> Result<String> {
    let body = json!({"username": username, "webhook_uri": webhook_uri}).to_string();
    let call = Client::new().post(url).bearer_auth(OPERATOR);
    let answer = call
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await?;
    let answer: Value = serde_json::from_slice(&answer.error_for_status()?.bytes().await?)?;
    Ok(answer["id"].as_str().context("a customer has an id")?.to_owned())
}

/// An endpoint that notes what arrives.
async fn endpoint(arrivals: Arrivals) -> Result<String> {
    let take = move |headers: HeaderMap| {
        let id = headers
            .get("webhook-id")
            .and_then(|id| id.to_str().ok())
            .unwrap_or_default();
        let customer = id.split('.').next().unwrap_or_default().to_owned();
        let mut arrivals = arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.entry(customer).or_insert_with(Instant::now);
        async { StatusCode::NO_CONTENT }
    };
    serve(Router::new().fallback(take)).await
}

/// An endpoint that never answers.
async fn silent_endpoint() -> Result<String> {
    serve(Router::new().fallback(async || pending::<StatusCode>().await)).await
}

async fn serve(router: Router) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hooks", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}
