//! The system is killed at the worst moments, and started again on the same data.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use tests::process::Serving;

use crate::receiver::{OK, Receiver, Reply};

fn serve(data: &Path) -> Serving {
    let data = data.display().to_string();
    Serving::start_with(&["--data", &data, "--allow-private-webhooks"])
}

/// Creates a customer, and returns its id once the answer has come.
async fn create(serving: &Serving, username: &str, webhook_uri: &str) -> String {
    let new = json!({"username": username, "webhook_uri": webhook_uri});
    let call = tests::client()
        .post(serving.url("/customers"))
        .bearer_auth("operator");
    let call = call
        .header("content-type", "application/json")
        .body(new.to_string());
    let answer = call.send().await.unwrap().text().await.unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
        .to_owned()
}

#[tokio::test]
async fn a_delivery_that_was_sent_and_not_acknowledged_is_sent_again_under_the_same_id() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("customers.db");
    let receiver = Receiver::start(|n| if n == 0 { Reply::Hang } else { OK }).await;
    let first = serve(&data);
    create(&first, "anna", &receiver.uri).await;
    receiver.wait_for(1).await;
    first.signal("-KILL");

    let second = serve(&data);
    let arrived = receiver.wait_for(2).await;
    assert_eq!(arrived[0].header("webhook-id"), arrived[1].header("webhook-id"));
    assert_eq!(arrived[0].body, arrived[1].body);
    assert!(second.signal("-INT").status.success());
}

#[tokio::test]
async fn a_change_that_was_acknowledged_is_told_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("customers.db");
    let receiver = Receiver::start(|_| OK).await;
    let mut expected = BTreeSet::new();
    for round in 0..4 {
        let serving = serve(&data);
        for n in 0..10 {
            let id = create(&serving, &format!("customer-{round}-{n}"), &receiver.uri).await;
            expected.insert(format!("{id}.1"));
        }
        serving.signal("-KILL");
    }
    let serving = serve(&data);
    let told = || {
        let arrived = receiver.arrived().into_iter();
        arrived
            .map(|one| one.header("webhook-id").to_owned())
            .collect::<BTreeSet<_>>()
    };
    for _ in 0..400 {
        if told() == expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(told(), expected);
    serving.signal("-INT");
}
