//! Minutes of mixed load at full speed. It prints latencies, and fails if a request fails or memory grows.
//!
//! `SOAK_SECONDS=300 cargo test --release -p tests --test system soak -- --ignored --nocapture`

use std::sync::Arc;
use std::time::{Duration, Instant};

use tests::process::Serving;
use tokio::task::JoinSet;

const CLIENTS: usize = 8;
const WINDOWS: u32 = 10;

/// What happened in one window of time.
#[derive(Default)]
struct Window {
    latencies: Vec<Duration>,
    failures: Vec<String>,
}

/// The process's resident memory in kilobytes.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// One client: creates a customer, then reads, lists, updates, deletes and restores it until this time.
async fn client(base: Arc<str>, number: usize, until: Instant) -> Window {
    let client = tests::client();
    let mut window = Window::default();
    let mut customer = String::new();
    for round in 0.. {
        if Instant::now() >= until {
            break;
        }
        let one = format!("{base}/{customer}");
        let call = match round % 12 {
            0 => {
                let body = format!(
                    "{{\"username\":\"soak-{number}-{round}-{}\"}}",
                    uuid::Uuid::now_v7()
                );
                client
                    .post(&*base)
                    .header("content-type", "application/json")
                    .body(body)
            }
            3 => client.get(format!("{base}?page_size=20")),
            5 => client
                .patch(one)
                .header("content-type", "application/json")
                .body("{\"name\":\"soaked\"}"),
            9 => client.delete(one),
            10 => client.post(format!("{one}/restore")),
            _ => client.get(one),
        };
        let started = Instant::now();
        let answer = match call.bearer_auth("operator").send().await {
            Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
            Err(error) => (0, error.to_string()),
        };
        window.latencies.push(started.elapsed());
        match answer {
            (201, body) => body[7..43].clone_into(&mut customer),
            (200, _) => {}
            (status, body) => window.failures.push(format!("{status} {body}")),
        }
    }
    window
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs for minutes: see the module for the command"]
async fn minutes_of_mixed_load_cause_no_failures_and_no_memory_growth() {
    let seconds = std::env::var("SOAK_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(300);
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(&folder.path().join("customers.db"));
    let base: Arc<str> = serving.url("/customers").into();
    let mut memories = Vec::new();
    println!(
        "{:>8} {:>10} {:>10} {:>10} {:>12}",
        "seconds", "requests/s", "p50 ms", "p99 ms", "memory MB"
    );
    for window in 1..=WINDOWS {
        let length = Duration::from_secs(seconds) / WINDOWS;
        let until = Instant::now() + length;
        let mut clients: JoinSet<_> = (0..CLIENTS)
            .map(|number| client(base.clone(), number, until))
            .collect();
        let (mut latencies, mut failures) = (Vec::new(), Vec::new());
        while let Some(client) = clients.join_next().await {
            let client = client.unwrap();
            latencies.extend(client.latencies);
            failures.extend(client.failures);
        }
        assert_eq!(failures, [] as [String; 0]);
        latencies.sort();
        let at = |share: f64| latencies[(latencies.len() as f64 * share) as usize].as_secs_f64() * 1000.0;
        memories.push(memory(serving.process.id()));
        println!(
            "{:>8} {:>10.0} {:>10.2} {:>10.2} {:>12.1}",
            (length * window).as_secs(),
            latencies.len() as f64 / length.as_secs_f64(),
            at(0.5),
            at(0.99),
            memories.last().map_or(0.0, |memory| *memory as f64 / 1024.0)
        );
    }
    // The first windows fill the caches.
    let (warm, last) = (memories[2], memories[memories.len() - 1]);
    assert!(last < warm + warm / 4, "memory grew from {warm} kB to {last} kB");
    serving.signal("-INT");
}
