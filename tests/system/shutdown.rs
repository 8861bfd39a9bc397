//! Graceful shutdown of the server.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use local::server::Options;
use tests::process::Serving;
use tests::{TestApp, in_memory, invariants};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How many clients send requests during the test, each over its own connection.
const CLIENTS: usize = 16;

/// What a client saw.
#[derive(Default)]
struct Seen {
    /// The usernames of customers whose creation was answered with 201.
    created: Vec<String>,
    /// Every other answer.
    failures: Vec<String>,
}

/// Creates customers until the server no longer listens.
async fn create(url: Arc<str>, answered: Arc<AtomicUsize>, client: usize) -> Seen {
    let http = tests::client();
    let mut seen = Seen::default();
    for number in 0.. {
        let username = format!("customer-{client}-{number}");
        let call = http
            .post(&*url)
            .bearer_auth("operator")
            .header("content-type", "application/json");
        match call.body(format!("{{\"username\":\"{username}\"}}")).send().await {
            Ok(answer) if answer.status() == 201 => seen.created.push(username),
            Ok(answer) => seen
                .failures
                .push(format!("{} {:?}", answer.status(), answer.text().await)),
            Err(error) if error.is_connect() => break,
            // The server closed an idle connection just as this request arrived. It was not processed.
            Err(_) => {}
        }
        answered.fetch_add(1, Ordering::Relaxed);
    }
    seen
}

/// A connection that has had one answer and stays open for the next request.
fn idle_connection(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET /permissions HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 401");
    stream
}

/// A request that stays in progress because half of its body never arrives.
fn unfinished_request(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue";
    let request = format!("POST /customers HTTP/1.1\r\nHost: {address}\r\n{head}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    // The server asks for the body, so the request is in progress.
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 100");
    stream.write_all(b"{\"username\": ").unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_in_progress_is_answered_before_the_server_stops() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("customers.db");
    let mut created = BTreeSet::new();
    for round in 0..4 {
        let serving = Serving::start(&data);
        let (url, answered) = (
            Arc::from(serving.url("/customers")),
            Arc::new(AtomicUsize::new(0)),
        );
        let mut clients: JoinSet<_> = (0..CLIENTS)
            .map(|client| create(Arc::clone(&url), answered.clone(), round * CLIENTS + client))
            .collect();
        // Neither connection may delay the shutdown. Browsers keep both kinds open.
        let _idle = idle_connection(&serving.address);
        let _silent = TcpStream::connect(&serving.address).unwrap();
        while answered.load(Ordering::Relaxed) < 4 * CLIENTS {
            sleep(Duration::from_millis(1)).await;
        }
        let output = serving.signal(["-INT", "-TERM"][round % 2]);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert!(output.status.success(), "{:?}", output.status);
        while let Some(seen) = clients.join_next().await {
            let seen = seen.unwrap();
            assert_eq!(seen.failures, [] as [String; 0]);
            created.extend(seen.created);
        }
    }

    let options = Options {
        data: Some(data),
        ..in_memory()
    };
    let app = TestApp::start_with(options).await;
    invariants::check(&app).await;
    let stored: BTreeSet<_> = app
        .items()
        .await
        .iter()
        .filter_map(|item| Some(item["username"]["S"].as_str()?.to_owned()))
        .collect();
    assert_eq!(
        stored, created,
        "every stored customer was answered, and every answered one is stored"
    );
}

#[test]
fn a_shutdown_that_cuts_requests_off_says_so_and_exits_with_status_1() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(&folder.path().join("customers.db"));
    let _request = unfinished_request(&serving.address);
    let output = serving.signal("-INT");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("error: calls in progress were cut off"),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_second_interrupt_stops_the_server_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(&folder.path().join("customers.db"));
    let _request = unfinished_request(&serving.address);
    serving.send("-INT");
    while TcpStream::connect(&serving.address).is_ok() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let output = serving.signal("-INT");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("error: stopped immediately"), "{stderr}");
    assert_eq!(output.status.code(), Some(1));
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        stdout.contains("Ctrl-C again"),
        "the first interrupt says what a second one does: {stdout}"
    );
}
