//! The receiver in Rust that `docs/webhooks.md` shows: `tests/examples/receiver.rs`, word for word. A gate runs the other
//! two, `tests/gates/webhooks.sh`.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tests::runtime::binaries;
use tests::{id, path_of};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::receiver::{customer, secret, system};

#[test]
fn the_documentation_shows_the_receiver_that_is_tested() {
    let receiver = tests::read("tests/examples/receiver.rs");
    assert!(
        tests::read("docs/webhooks.md").contains(&format!("```rust\n{receiver}```\n")),
        "docs/webhooks.md and tests/examples/receiver.rs differ"
    );
}

#[tokio::test]
async fn the_documented_receiver_takes_what_is_signed_and_nothing_else() {
    let api = system().await;
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let uri = format!("http://127.0.0.1:{port}/hooks");
    let anna = api.create("anna").await;
    let mut receiver = Command::new(binaries().join("examples/receiver"))
        .env("WEBHOOK_SECRET", secret(&api, &anna).await)
        .env("PORT", port.to_string())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(receiver.stdout.take().unwrap()).lines();
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        sleep(Duration::from_millis(50)).await;
    }

    // Another customer's events are signed by another secret.
    customer(&api, "berta", &uri).await;
    for (change, line) in [
        (
            json!({"webhook_uri": uri}),
            format!("customer.updated {}.2", id(&anna)),
        ),
        (
            json!({"name": "Anna"}),
            format!("customer.updated {}.3", id(&anna)),
        ),
    ] {
        api.patch(&anna, change).await;
        let next = timeout(Duration::from_secs(20), lines.next_line()).await;
        assert_eq!(next.unwrap().unwrap().unwrap(), line);
    }
    let forged = tests::client().post(&uri).body("{}").send().await.unwrap();
    assert_eq!(forged.status(), 401);
    api.call("POST", &format!("{}/webhook/test", path_of(&anna)))
        .send()
        .await;
    let next = timeout(Duration::from_secs(20), lines.next_line()).await;
    assert!(next.unwrap().unwrap().unwrap().starts_with("webhook.test "));
}
