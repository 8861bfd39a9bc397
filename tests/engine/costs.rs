//! The requests that each operation makes, and the units that DynamoDB bills for them.

use serde_json::{Value, json};
use tests::proxy::Seen;
use tests::{Answer, TestApp, path_of};

/// Units of the table and of its index, as DynamoDB bills them.
fn units(seen: &[Seen]) -> (f64, f64) {
    let mut units = (0.0, 0.0);
    for request in seen {
        let capacities = match &request.capacity {
            Value::Array(capacities) => capacities.clone(),
            capacity => vec![capacity.clone()],
        };
        for capacity in capacities {
            units.0 += capacity["Table"]["CapacityUnits"].as_f64().unwrap_or_default();
            units.1 += capacity["GlobalSecondaryIndexes"]["listing"]["CapacityUnits"]
                .as_f64()
                .unwrap_or_default();
        }
    }
    units
}

fn operations(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|request| request.operation.as_str()).collect()
}

async fn post(app: &TestApp, body: Value, key: Option<&str>) -> Answer {
    let call = app.call("POST", "/customers").json(body);
    match key {
        Some(key) => call.header("idempotency-key", key).send().await,
        None => call.send().await,
    }
}

#[tokio::test]
async fn a_request_carries_only_the_header_fields_that_dynamodb_needs() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    app.get("/customers").await;
    let headers = proxy.take_seen().swap_remove(0).headers;
    let mut names: Vec<_> = headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    let needed = [
        "authorization",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "x-amz-date",
        "x-amz-target",
    ];
    assert_eq!(names, needed);
    let name = format!("customer-registry/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(headers["user-agent"], *name);
}

#[tokio::test]
async fn every_operation_makes_the_requests_and_costs_the_units_of_the_data_model() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let check = |operation: &str, expected: &[&str], expected_units: (f64, f64)| {
        let seen = proxy.take_seen();
        assert_eq!(operations(&seen), expected, "{operation}");
        assert_eq!(units(&seen), expected_units, "{operation}");
    };

    let anna = post(&app, json!({"username": "anna"}), None).await.body;
    check("create", &["TransactWriteItems"], (4.0, 1.0));
    post(&app, json!({"username": "berta"}), Some("k1")).await;
    check("create with a key", &["TransactWriteItems"], (6.0, 1.0));
    app.get(&path_of(&anna)).await;
    check("get", &["GetItem"], (1.0, 0.0));
    app.get("/customers?username=anna").await;
    check("find by username", &["GetItem", "GetItem"], (2.0, 0.0));
    app.get("/customers").await;
    check("list", &["Query"], (0.0, 0.5));
    app.patch(&anna, json!({"name": "new"})).await;
    check("update", &["UpdateItem"], (1.0, 1.0));
    app.patch(&anna, json!({"name": "newer", "username": "anna"}))
        .await;
    check("update that repeats the username", &["UpdateItem"], (1.0, 1.0));
    app.patch(&anna, json!({"username": "carla"})).await;
    check("rename", &["UpdateItem", "TransactWriteItems"], (6.0, 1.0));
    app.delete(&anna).await;
    check("delete", &["UpdateItem"], (1.0, 2.0));
    app.call("POST", &format!("{}/restore", path_of(&anna)))
        .send()
        .await;
    check("restore", &["UpdateItem"], (1.0, 2.0));
    let webhook = format!("{}/webhook", path_of(&anna));
    app.get(&webhook).await;
    let reads_and_a_write = ["GetItem", "GetItem", "UpdateItem"];
    check("webhook, whose secret it makes", &reads_and_a_write, (3.0, 0.0));
    app.get(&webhook).await;
    check("webhook", &["GetItem", "GetItem"], (2.0, 0.0));
    app.call("POST", &format!("{webhook}/rotate")).send().await;
    check("rotate", &reads_and_a_write, (3.0, 0.0));
    app.call("POST", &format!("{webhook}/test")).send().await;
    check("test", &["GetItem"], (1.0, 0.0));
    app.patch(&anna, json!({"webhook_uri": "https://example.com/"}))
        .await;
    check("update of the webhook_uri", &["UpdateItem"], (1.0, 1.0));
    app.get("/permissions").await;
    check("permissions", &[], (0.0, 0.0));
    app.events(&anna, 6).await;
    proxy.take_seen();
    app.get(&format!("{}/events?page_size=1", path_of(&anna))).await;
    let mut seen = proxy.take_seen();
    seen.sort_by(|one, other| one.operation.cmp(&other.operation));
    assert_eq!(operations(&seen), ["GetItem", "Query"], "events");
    // The query reads two rows, 4 KB in one unit. All rows could have more, while deliveries fail and are noted in them.
    assert_eq!(units(&seen), (2.0, 0.0), "events");
    let redeliver = format!("{}/events/{}.2/redeliver", path_of(&anna), tests::id(&anna));
    assert_eq!(app.call("POST", &redeliver).send().await.status, 202);
    let three_reads_and_a_write = ["GetItem", "GetItem", "GetItem", "UpdateItem"];
    check("redeliver", &three_reads_and_a_write, (4.0, 0.0));
    app.delete(&anna).await;
    app.events(&anna, 7).await;
    proxy.take_seen();
    app.erase(&anna, 8).await;
    let seen = proxy.take_seen();
    // Then its history is deleted, if `publish-events` has not been faster.
    let operations = operations(&seen[..3]);
    assert_eq!(operations, ["GetItem", "TransactWriteItems", "Query"], "erase");
    assert_eq!(units(&seen[..2]), (7.0, 1.0), "erase");
}

#[tokio::test]
async fn a_page_costs_the_same_among_100_customers_and_among_100_000() {
    let mut costs = Vec::new();
    for count in [100, 100_000] {
        let (app, proxy) = TestApp::start_behind_proxy().await;
        app.load(count);
        let mut token = String::new();
        for page_number in 0..3 {
            let page = app
                .get(&format!("/customers?page_size=20&page_token={token}"))
                .await;
            assert_eq!(page.result().len(), 20, "page {page_number} among {count}");
            token = page.body["next_page_token"].as_str().unwrap().to_owned();
        }
        let seen = proxy.take_seen();
        costs.push((seen.len(), units(&seen)));
    }
    assert_eq!(costs[0], costs[1]);
    assert_eq!(costs[0].0, 3);
}
