use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use local::server::Options;
use tests::process::Serving;
use tests::{TestApp, in_memory, invariants};

/// How many clients write all the while.
const CLIENTS: usize = 4;

/// How often the system is killed: `KILLS=50 cargo test -p tests --test system crash` takes half a minute.
fn kills() -> usize {
    std::env::var("KILLS")
        .ok()
        .and_then(|kills| kills.parse().ok())
        .unwrap_or(5)
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_the_system_loses_nothing_that_was_answered() {
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
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
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
