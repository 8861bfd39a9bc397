//! Many customers at once, some of whose endpoints are of no use.

use std::time::Instant;

use serde_json::{Value, json};
use tests::{all_at_once, path_of};

use crate::receiver::{OK, Receiver, Reply, customer, system};

/// How many customers change at once.
const CUSTOMERS: usize = 1_000;

/// How many changes the two customers with bad endpoints have.
const CHANGES: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_and_a_slow_endpoint_hold_up_none_of_a_thousand_others() {
    let api = system().await;
    let (good, slow) = (
        Receiver::start(|_| OK).await,
        Receiver::start(|_| Reply::Hang).await,
    );
    let bad = [
        customer(&api, "dead", "http://127.0.0.1:1/").await,
        customer(&api, "slow", &slow.uri).await,
    ];
    let patch = |customer: &Value, n: usize| {
        api.call("PATCH", &path_of(customer))
            .json(json!({"name": format!("{n}")}))
    };
    for customer in &bad {
        all_at_once((0..CHANGES).map(|n| patch(customer, n))).await;
    }
    slow.wait_for(1).await;

    let new = |n: usize| {
        let new = json!({"username": format!("customer-{n}"), "webhook_uri": good.uri});
        api.call("POST", "/customers").json(new)
    };
    let started = Instant::now();
    let mut created = Vec::new();
    for start in (0..CUSTOMERS).step_by(100) {
        created.extend(all_at_once((start..start + 100).map(new)).await);
    }
    let written = started.elapsed();
    let arrived = good.wait_for(CUSTOMERS).await;
    let waiting = api.server.deliveries().len();
    assert!(
        waiting > 0,
        "they arrived while the events of the bad endpoints wait"
    );
    let slowest = arrived.last().unwrap().at - started;
    println!("{CUSTOMERS} customers written in {written:?}, the last one's event arrived after {slowest:?}");
    let mut ids: Vec<_> = arrived
        .iter()
        .map(|one| one.header("webhook-id").to_owned())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), CUSTOMERS, "each of them, and each once");
    assert!(created.iter().all(|answer| answer.status == 201));
}
