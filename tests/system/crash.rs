use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tests::process::Serving;

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
                    let client = reqwest::Client::new();
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

    let serving = Serving::start(&data);
    let client = reqwest::Client::new();
    for username in &answered {
        let url = serving.url(&format!("/customers?username={username}"));
        let found = client
            .get(url)
            .bearer_auth("operator")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(
            found.contains(&format!("\"username\":\"{username}\"")),
            "{username} was lost: {found}"
        );
    }
    serving.signal("-KILL");
}
