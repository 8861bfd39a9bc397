//! What goes over the wire to the database, and what happens when the wire fails.

use std::time::Duration;

use serde_json::{Value, json};
use tests::proxy::{Fault, Proxy, Seen};
use tests::{Answer, TestApp, path_of};
use tokio::task::JoinSet;

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
    app.get("/permissions").await;
    check("permissions", &[], (0.0, 0.0));
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

/// A write that is sent through a failing wire.
type Write = (&'static str, &'static str, &'static str, Option<&'static str>);

/// Every write there is: its name, its method, its body, and its `If-Match` or `Idempotency-Key`.
const WRITES: [Write; 12] = [
    ("create", "POST", r#"{"username":"dora"}"#, None),
    ("create with a key", "POST", r#"{"username":"dora"}"#, Some("k1")),
    ("update", "PATCH", r#"{"name":"new"}"#, None),
    ("update of a version", "PATCH", r#"{"name":"new"}"#, Some("\"1\"")),
    (
        "update that repeats the username",
        "PATCH",
        r#"{"username":"anna"}"#,
        None,
    ),
    ("change of case", "PATCH", r#"{"username":"ANNA"}"#, Some("\"1\"")),
    ("rename", "PATCH", r#"{"username":"carla"}"#, None),
    (
        "rename of a version",
        "PATCH",
        r#"{"username":"carla"}"#,
        Some("\"1\""),
    ),
    ("delete", "DELETE", "", None),
    ("delete of a version", "DELETE", "", Some("\"1\"")),
    ("restore", "RESTORE", "", None),
    ("restore of a version", "RESTORE", "", Some("\"2\"")),
];

/// Sends a write to a customer that `prepare` made.
async fn send(app: &TestApp, anna: &Value, (_, method, body, condition): Write) -> Answer {
    let call = match method {
        "POST" => app.call("POST", "/customers"),
        "RESTORE" => app.call("POST", &format!("{}/restore", path_of(anna))),
        _ => app.call(method, &path_of(anna)),
    };
    let call = if body.is_empty() {
        call
    } else {
        call.json(serde_json::from_str(body).unwrap())
    };
    match condition {
        Some(condition) if method == "POST" => call.header("idempotency-key", condition).send().await,
        Some(condition) => call.header("if-match", condition).send().await,
        None => call.send().await,
    }
}

/// A system with one customer, ready for the write.
async fn prepare((_, method, _, _): Write) -> (TestApp, Proxy, Value) {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let anna = app.create("anna").await;
    if method == "RESTORE" {
        app.delete(&anna).await;
    }
    proxy.take_seen();
    (app, proxy, anna)
}

/// Checks that the table holds no half of anything and, if `done`, just what the write makes of it.
async fn check_items(app: &TestApp, (name, method, body, condition): Write, done: bool) {
    let items = app.items().await;
    let keys = |kind: &str| -> Vec<String> {
        let keys = items
            .iter()
            .filter_map(|item| item["pk"]["S"].as_str()?.strip_prefix(kind).map(str::to_owned));
        let mut keys: Vec<_> = keys.collect();
        keys.sort();
        keys
    };
    let customers: Vec<_> = items
        .iter()
        .filter(|item| item["pk"]["S"].as_str().unwrap().starts_with("customer#"))
        .collect();
    let mut usernames: Vec<_> = customers
        .iter()
        .map(|one| one["username"]["S"].as_str().unwrap().to_lowercase())
        .collect();
    usernames.sort();
    assert_eq!(
        keys("username#"),
        usernames,
        "{name}: guards and customers are one to one"
    );

    let created = done && method == "POST";
    assert_eq!(customers.len(), if created { 2 } else { 1 }, "{name}");
    assert_eq!(
        keys("idempotency#").len(),
        usize::from(created && condition.is_some()),
        "{name}"
    );
    let version = match method {
        "POST" => 1,
        "RESTORE" => 2 + u64::from(done),
        _ => 1 + u64::from(done),
    };
    let anna = customers
        .iter()
        .find(|one| one["username"]["S"] != "dora")
        .unwrap();
    assert_eq!(anna["version"]["N"], version.to_string(), "{name} happened once");
    if body.contains("carla") {
        assert_eq!(anna["username"]["S"] == "carla", done, "{name}");
    }
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_reported_as_done_and_happened_once() {
    for lost in [Fault::DropAfter, Fault::BreakOff, Fault::HalfDocument] {
        for write in WRITES {
            let (app, proxy, anna) = prepare(write).await;
            // A rename's first request is refused by design: the one that does it is the second.
            if write.2.contains("carla") || write.2.contains("ANNA") {
                proxy.inject([Fault::Pass]);
            }
            proxy.inject([lost]);
            let answer = send(&app, &anna, write).await;
            assert!(
                [200, 201].contains(&answer.status),
                "{lost:?} {}: {answer:?}",
                write.0
            );
            check_items(&app, write, true).await;
            let path = path_of(&answer.body);
            assert_eq!(app.get(&path).await.body, answer.body, "{lost:?} {}", write.0);
        }
    }
}

#[tokio::test]
async fn a_passing_fault_is_retried_and_the_write_happens_once() {
    for fault in [
        Fault::DropBefore,
        Fault::Refuse(500, "InternalServerError"),
        Fault::Refuse(400, "ThrottlingException"),
        Fault::Refuse(400, "ProvisionedThroughputExceededException"),
        Fault::Refuse(503, "ServiceUnavailable"),
    ] {
        for write in WRITES {
            let (app, proxy, anna) = prepare(write).await;
            proxy.inject([fault]);
            let answer = send(&app, &anna, write).await;
            assert!(
                [200, 201].contains(&answer.status),
                "{fault:?} {}: {answer:?}",
                write.0
            );
            check_items(&app, write, true).await;
        }
    }
}

#[tokio::test]
async fn a_write_that_meets_a_transaction_is_retried() {
    for write in WRITES {
        let (app, proxy, anna) = prepare(write).await;
        let is_transaction = write.1 == "POST";
        proxy.inject([match is_transaction {
            true => Fault::Cancel("TransactionConflict"),
            false => Fault::Refuse(400, "TransactionConflictException"),
        }]);
        let answer = send(&app, &anna, write).await;
        assert!([200, 201].contains(&answer.status), "{}: {answer:?}", write.0);
        check_items(&app, write, true).await;
    }
}

#[tokio::test]
async fn a_transaction_cancelled_for_a_passing_reason_is_retried() {
    for reason in [
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    ] {
        for write in WRITES {
            let is_rename = write.2.contains("carla");
            if write.1 != "POST" && !is_rename {
                continue;
            }
            let (app, proxy, anna) = prepare(write).await;
            // A rename's transaction is its second request.
            proxy.inject(is_rename.then_some(Fault::Pass));
            proxy.inject([Fault::Cancel(reason)]);
            let answer = send(&app, &anna, write).await;
            assert!(
                [200, 201].contains(&answer.status),
                "{reason} {}: {answer:?}",
                write.0
            );
            check_items(&app, write, true).await;
        }
    }
}

#[tokio::test]
async fn a_database_that_throttles_for_good_is_429_and_one_that_is_away_503_and_nothing_happened() {
    for (fault, status, code) in [
        (Fault::Refuse(400, "ThrottlingException"), 429, "throttled"),
        (
            Fault::Refuse(400, "ProvisionedThroughputExceededException"),
            429,
            "throttled",
        ),
        (Fault::Refuse(500, "InternalServerError"), 503, "unavailable"),
        (
            Fault::Refuse(400, "TransactionConflictException"),
            503,
            "unavailable",
        ),
        (Fault::DropBefore, 503, "unavailable"),
    ] {
        for write in WRITES {
            let (app, proxy, anna) = prepare(write).await;
            proxy.inject([fault; 20]);
            let answer = send(&app, &anna, write).await;
            assert_eq!(
                (answer.status, answer.code()),
                (status, code),
                "{fault:?} {}",
                write.0
            );
            assert_eq!(answer.header("retry-after"), "1");
            check_items(&app, write, false).await;
        }
    }
}

#[tokio::test]
async fn a_transaction_cancelled_for_good_says_whether_it_was_throttled() {
    for (reason, status) in [
        ("ThrottlingError", 429),
        ("ProvisionedThroughputExceeded", 429),
        ("TransactionConflict", 503),
        ("ValidationError", 500),
    ] {
        let (app, proxy) = TestApp::start_behind_proxy().await;
        proxy.inject([Fault::Cancel(reason); 20]);
        assert_eq!(
            app.post(json!({"username": "anna"})).await.status,
            status,
            "{reason}"
        );
        assert_eq!(app.items().await.len(), 0);
    }
}

#[tokio::test]
async fn a_fault_of_ours_is_500_and_tells_the_caller_nothing_but_the_request_id() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    for code in [
        "AccessDeniedException",
        "ResourceNotFoundException",
        "ValidationException",
    ] {
        proxy.inject([Fault::Refuse(400, code)]);
        let answer = app.get("/customers").await;
        assert_eq!((answer.status, answer.code()), (500, "internal"));
        assert!(!answer.body.to_string().contains("Exception"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_refusal_whose_answer_is_lost_is_a_refusal_still() {
    for lost in [Fault::DropAfter, Fault::BreakOff, Fault::HalfDocument] {
        let (app, proxy) = TestApp::start_behind_proxy().await;
        let (anna, _) = (app.create("anna").await, app.create("berta").await);
        let stale = || {
            app.call("PATCH", &path_of(&anna))
                .header("if-match", "\"7\"")
                .json(json!({"name": "new"}))
        };
        let taken = || app.call("POST", "/customers").json(json!({"username": "berta"}));
        for (call, status) in [(stale(), 412), (taken(), 409)] {
            proxy.inject([lost]);
            assert_eq!(call.send().await.status, status, "{lost:?}");
        }
        proxy.inject([lost]);
        assert_eq!(app.get(&path_of(&anna)).await.body, anna, "{lost:?}");
        proxy.inject([lost]);
        assert_eq!(app.get("/customers").await.result().len(), 2, "{lost:?}");
    }
}

#[tokio::test]
async fn a_wire_that_swallows_everything_ends_every_operation_inside_the_functions_time() {
    let calls = WRITES.map(async |write| {
        let (app, proxy, anna) = prepare(write).await;
        proxy.inject([Fault::Swallow; 20]);
        let answer = send(&app, &anna, write).await;
        assert_eq!(
            (answer.status, answer.code()),
            (503, "unavailable"),
            "{}",
            write.0
        );
        proxy.heal();
        check_items(&app, write, false).await;
    });
    let mut calls: JoinSet<()> = calls.into_iter().collect();
    // The template gives a function 20 seconds.
    while let Some(call) = tokio::time::timeout(Duration::from_secs(20), calls.join_next())
        .await
        .unwrap()
    {
        call.unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_swallows_requests_costs_one_retry() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let anna = app.create("anna").await;
    proxy.inject([Fault::Swallow]);
    assert_eq!(app.get(&path_of(&anna)).await.status, 200);
}
