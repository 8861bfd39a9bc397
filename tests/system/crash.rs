//! The server, killed while it writes.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use local::server::Options;
use serde_json::{Value, json};
use tests::process::{Serving, command};
use tests::{TestApp, in_memory, invariants};

use crate::command::FREE_PORTS;

/// How many clients write at once.
const CLIENTS: usize = 4;

/// How often the server is killed. `KILLS=50 cargo test -p tests --test system crash` takes half a minute.
fn kills() -> usize {
    std::env::var("KILLS")
        .ok()
        .and_then(|kills| kills.parse().ok())
        .unwrap_or(5)
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_the_system_loses_no_answered_write() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("customers.db");
    let number = Arc::new(AtomicUsize::new(0));
    let mut answered = Vec::new();
    for _ in 0..kills() {
        let serving = Serving::start(&data);
        let over = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (number, over) = (number.clone(), over.clone());
                let url = serving.url("/customers");
                tokio::spawn(async move {
                    let client = tests::client();
                    let mut created = Vec::new();
                    while !over.load(Ordering::Relaxed) {
                        let username = format!("customer-{}", number.fetch_add(1, Ordering::Relaxed));
                        let call = client
                            .post(&url)
                            .bearer_auth("operator")
                            .header("content-type", "application/json");
                        match call.body(format!("{{\"username\":\"{username}\"}}")).send().await {
                            Ok(answer) if answer.status() == 201 => created.push(username),
                            _ => break,
                        }
                    }
                    created
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        serving.signal("-KILL");
        over.store(true, Ordering::Relaxed);
        for client in clients {
            answered.extend(client.await.unwrap());
        }
    }
    assert!(answered.len() > kills(), "nothing was written: {answered:?}");

    let options = Options {
        data: Some(data),
        ..in_memory()
    };
    let app = TestApp::start_with(options).await;
    invariants::check(&app).await;
    let items = app.items().await;
    let stored: HashSet<_> = items
        .iter()
        .filter_map(|item| item["username"]["S"].as_str())
        .collect();
    let lost: Vec<_> = answered
        .iter()
        .filter(|username| !stored.contains(username.as_str()))
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
}

/// How many bytes a start has written in this folder, to the database or to the file that is renamed to it.
fn written(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap().map_while(Result::ok);
    files
        .filter(|file| !file.path().to_string_lossy().ends_with("-shm"))
        .map(|file| file.metadata().map_or(0, |file| file.len()))
        .sum()
}

#[tokio::test]
async fn a_start_succeeds_after_the_first_start_was_killed() {
    for round in 0..3 * kills() as u64 {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("customers.db");
        let path = data.display().to_string();
        let mut process = command(&[&FREE_PORTS[..], &["--data", &path]].concat())
            .spawn()
            .unwrap();
        let lock = folder.path().join("customers.db.lock");
        // Each round kills it a little later while it writes some 120 KB. A lock file with content says that it serves.
        while written(folder.path()) <= round % 16 * 8192 && lock.metadata().map_or(0, |file| file.len()) == 0
        {
            assert!(
                process.try_wait().unwrap().is_none(),
                "the server stopped by itself"
            );
        }
        process.kill().unwrap();
        process.wait().unwrap();

        let options = Options {
            data: Some(data),
            ..in_memory()
        };
        let app = TestApp::start_with(options).await;
        let answer = app.dynamodb("DescribeTimeToLive", json!({})).await;
        let status: &Value = &answer["TimeToLiveDescription"]["TimeToLiveStatus"];
        assert_eq!(status, "ENABLED", "round {round}");
        app.create("anna").await;
    }
}
