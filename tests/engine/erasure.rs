//! Erasing a customer: nothing of it is left in either table, and a fault of the network leaves nothing half erased.

use customer::CustomerId;
use local::server::store;
use local::template::{CUSTOMERS_TABLE, EVENTS_TABLE};
use serde_json::{Value, json};
use store::{History, StoreError};
use tests::proxy::{Fault, Proxy};
use tests::{TestApp, id, invariants, path_of};

/// The requests of an erasure: it reads the customer, replaces it, and deletes its history until there is none. The last two
/// are left out if `publish-events` has been faster.
const REQUESTS: [&str; 5] = [
    "GetItem",
    "TransactWriteItems",
    "Query",
    "BatchWriteItem",
    "Query",
];

const FAULTS: [Fault; 6] = [
    Fault::DropBefore,
    Fault::DropAfter,
    Fault::BreakOff,
    Fault::HalfDocument,
    Fault::Refuse(500, "InternalServerError"),
    Fault::Refuse(400, "ThrottlingException"),
];

/// A deleted customer of version 2 that has something of everything, with its events in the history.
async fn prepare() -> (TestApp, Proxy, Value) {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let new =
        json!({"username": "planted-name", "detail": "planted-detail", "line_secret": "planted-secret"});
    let call = app.call("POST", "/customers").header("idempotency-key", "k1");
    let anna = call.json(new).send().await.body;
    app.get(&format!("{}/webhook", path_of(&anna))).await;
    app.delete(&anna).await;
    app.events(&anna, 2).await;
    proxy.take_seen();
    (app, proxy, anna)
}

/// Checks that a tombstone and a stub are all that both tables hold.
async fn check_nothing_is_left(app: &TestApp, anna: &Value) {
    let items = app.items().await;
    let text = json!(items).to_string();
    assert!(!text.contains("planted") && !text.contains("whsec_"), "{text}");
    let mut keys: Vec<_> = items
        .iter()
        .map(|item| item["pk"]["S"].as_str().unwrap())
        .collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [format!("customer#{}", id(anna)), format!("webhook#{}", id(anna))]
    );
    assert_eq!(app.history().await, [] as [Value; 0]);
    invariants::check(app).await;
}

#[tokio::test]
async fn an_erasure_leaves_a_tombstone_and_nothing_else() {
    let (app, proxy, anna) = prepare().await;
    assert_eq!(app.erase(&anna, 2).await.status, 200);
    let seen: Vec<_> = proxy.take_seen().into_iter().map(|one| one.operation).collect();
    assert!(seen == REQUESTS || seen == REQUESTS[..3], "{seen:?}");
    check_nothing_is_left(&app, &anna).await;
}

#[tokio::test]
async fn an_erasure_gets_over_every_passing_fault_of_each_of_its_requests() {
    for fault in FAULTS {
        for (place, request) in REQUESTS.iter().enumerate() {
            let (app, proxy, anna) = prepare().await;
            proxy.inject(vec![Fault::Pass; place]);
            proxy.inject([fault]);
            let answer = app.erase(&anna, 2).await;
            assert_eq!(answer.status, 200, "{fault:?} {request}: {answer:?}");
            check_nothing_is_left(&app, &anna).await;
        }
    }
}

#[tokio::test]
async fn an_erasure_that_is_interrupted_shows_nothing_half_erased_and_is_finished_by_repeating_it() {
    for (place, request) in REQUESTS.iter().enumerate() {
        let (app, proxy, anna) = prepare().await;
        proxy.inject(vec![Fault::Pass; place]);
        proxy.inject([Fault::DropBefore; 20]);
        let answer = app.erase(&anna, 2).await;
        if place < 3 || answer.status != 200 {
            assert_eq!((answer.status, answer.code()), (503, "unavailable"), "{request}");
        }
        proxy.heal();
        let [record, events] = [
            app.get(&path_of(&anna)).await,
            app.get(&format!("{}/events", path_of(&anna))).await,
        ];
        let is_erased = place > 1;
        let expected = if is_erased { 410 } else { 200 };
        assert_eq!((record.status, events.status), (expected, expected), "{request}");
        if !is_erased {
            assert_eq!(
                (&record.body["username"], events.result().len()),
                (&json!("planted-name"), 2)
            );
        }
        let repeated = app.erase(&anna, 2).await;
        assert_eq!(repeated.status, 200, "{request}: {repeated:?}");
        check_nothing_is_left(&app, &anna).await;
    }
}

/// A live customer with 62 events, so that `publish-events` deletes none of them; and its history, behind the proxy.
async fn long_history() -> (TestApp, Proxy, History, CustomerId) {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let anna = app.create("anna").await;
    for n in 0..61 {
        app.patch(&anna, json!({"name": format!("{n}")})).await;
    }
    app.events(&anna, 62).await;
    proxy.take_seen();
    let store = store(proxy.address, CUSTOMERS_TABLE).unwrap();
    let id = CustomerId::parse(id(&anna)).unwrap();
    (app, proxy, store.history(EVENTS_TABLE), id)
}

#[tokio::test]
async fn a_long_history_is_deleted_25_rows_at_a_time() {
    let (app, proxy, history, id) = long_history().await;
    history.forget(id).await.unwrap();
    let seen = proxy.take_seen();
    let batches: Vec<_> = seen
        .iter()
        .filter_map(|one| one.request["RequestItems"][EVENTS_TABLE].as_array())
        .map(Vec::len)
        .collect();
    assert_eq!(batches, [25, 25, 12]);
    assert_eq!(app.history().await, [] as [Value; 0]);
}

#[tokio::test]
async fn rows_that_the_database_leaves_are_deleted_with_the_next_ones() {
    let (app, proxy, history, id) = long_history().await;
    proxy.inject([Fault::Pass, Fault::LeaveUnprocessed(10)]);
    history.forget(id).await.unwrap();
    assert_eq!(app.history().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_database_that_deletes_no_row_throttles() {
    let (app, proxy, history, id) = long_history().await;
    proxy.inject([Fault::Pass, Fault::LeaveUnprocessed(0)]);
    let error = history.forget(id).await.unwrap_err();
    assert!(matches!(error, StoreError::Throttled(_)), "{error:?}");
    assert_eq!(app.history().await.len(), 62);
}

#[tokio::test]
async fn an_idempotency_record_that_is_another_customers_now_stays() {
    let (app, _, anna) = prepare().await;
    let items = app.items().await;
    let mut record = items
        .into_iter()
        .find(|item| item["pk"]["S"].as_str().unwrap().starts_with("idempotency#"))
        .unwrap();
    let other = app.create("berta").await;
    record["customer_id"] = json!({"S": id(&other)});
    app.dynamodb("PutItem", json!({"Item": record})).await;
    assert_eq!(app.erase(&anna, 2).await.status, 200);
    invariants::check(&app).await;
    assert!(app.items().await.contains(&record));
}

#[tokio::test]
async fn a_write_that_was_under_way_is_told_of_the_erasure_and_writes_nothing() {
    for (method, of) in [("POST", "/restore"), ("DELETE", ""), ("POST", "/webhook/rotate")] {
        let (app, proxy, anna) = prepare().await;
        let reads = usize::from(of == "/webhook/rotate") * 2;
        proxy.inject(vec![Fault::Pass; reads]);
        proxy.inject([Fault::Hold]);
        let call = app.call(method, &format!("{}{of}", path_of(&anna)));
        let call = tokio::spawn(call.send());
        proxy.holds_one().await;
        let erase = app.call_past_proxy("POST", &format!("{}/erase", path_of(&anna)));
        assert_eq!(erase.header("if-match", "\"2\"").send().await.status, 200);
        proxy.release();
        let answer = call.await.unwrap();
        assert_eq!(
            (answer.status, answer.code()),
            (410, "customer_erased"),
            "{method} {of}"
        );
        check_nothing_is_left(&app, &anna).await;
    }
}
