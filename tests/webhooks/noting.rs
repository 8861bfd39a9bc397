//! What becomes of a delivery, as it is noted in the history over a network that fails: `deliver-webhook`'s real binary.

use serde_json::{Value, json};
use tests::proxy::{Fault, Proxy};
use tests::runtime::Function;
use tests::{TestApp, id, path_of};

use crate::publishing::failed;

/// The id of the message in a batch.
pub const MESSAGE_ID: &str = "059f36b4-87a3-44ab-83d2-661975830a7d";

pub const LOST: [Fault; 3] = [Fault::DropAfter, Fault::BreakOff, Fault::HalfDocument];

/// The requests of the first attempt before it is noted in the history: two reads, a new secret, and the failure.
const BEFORE: [Fault; 4] = [Fault::Pass; 4];

/// The function behind a proxy to the database, and a customer whose endpoint cannot be found.
pub async fn start() -> (TestApp, Proxy, Function, Value) {
    let app = TestApp::start().await;
    let new = json!({"username": "anna", "webhook_uri": "https://no-such-host.invalid/"});
    let anna = app.post(new).await.body;
    app.events(&anna, 1).await;
    let proxy = Proxy::start(app.server.dynamodb).await;
    let url = format!("http://{}", proxy.address);
    let variables = [("AWS_ENDPOINT_URL_DYNAMODB", &*url)];
    let function = Function::start("deliver-webhook", &app.server, &variables).await;
    // It opens its connection by a read, which is to meet no fault.
    function.ready().await;
    (app, proxy, function, anna)
}

/// A batch with the delivery of the customer's creation.
pub fn batch(customer: &Value) -> Value {
    let mut batch: Value = serde_json::from_str(&tests::read("events/deliver-webhook.json")).unwrap();
    let event_id = format!("{}.1", id(customer));
    let body = json!({"id": event_id, "customer_id": id(customer), "is_test": false, "event": {}});
    batch["Records"][0]["body"] = json!(body.to_string());
    batch
}

/// A batch with the same delivery, received for the last time.
pub fn last_batch(customer: &Value) -> Value {
    let mut batch = batch(customer);
    batch["Records"][0]["attributes"]["ApproximateReceiveCount"] = json!("11");
    batch
}

#[tokio::test]
async fn an_attempt_whose_note_is_lost_is_in_the_history_once() {
    for lost in LOST {
        let (app, proxy, function, anna) = start().await;
        proxy.inject(BEFORE);
        proxy.inject([lost]);
        assert_eq!(
            failed(&function.invoke(batch(&anna)).await).len(),
            1,
            "it is tried again"
        );
        let event = app.events(&anna, 1).await.swap_remove(0);
        let attempts = event["delivery"]["attempts"].as_array().unwrap();
        assert_eq!(
            (attempts.len(), &event["delivery"]["state"]),
            (1, &json!("pending")),
            "{lost:?}"
        );
        assert_eq!(attempts[0]["error"], "the host of webhook_uri has no address");
    }
}

#[tokio::test]
async fn an_attempt_that_cannot_be_noted_is_made_again_and_counted_as_ours() {
    let (app, proxy, function, anna) = start().await;
    proxy.inject(BEFORE);
    proxy.inject([Fault::Refuse(500, "InternalServerError"); 20]);
    assert_eq!(failed(&function.invoke(batch(&anna)).await).len(), 1);
    let event = app.events(&anna, 1).await.swap_remove(0);
    assert_eq!(event["delivery"], json!({"state": "pending", "attempts": []}));
    let log = function.end().await;
    assert!(
        log.contains("a delivery could not be attempted or recorded"),
        "{log}"
    );
    for told in ["DynamoDB: InternalServerError: injected", MESSAGE_ID] {
        assert!(log.contains(told), "{told}: {log}");
    }
}

#[tokio::test]
async fn an_attempt_is_noted_nowhere_if_the_customer_was_erased_meanwhile() {
    let (app, proxy, function, anna) = start().await;
    app.delete(&anna).await;
    // The first request after both reads waits.
    proxy.inject([Fault::Pass, Fault::Pass, Fault::Hold]);
    let erase = async {
        proxy.holds_one().await;
        assert_eq!(app.erase(&anna, 2).await.status, 200);
        proxy.release();
    };
    let (answer, ()) = tokio::join!(function.invoke(batch(&anna)), erase);
    assert!(failed(&answer).is_empty(), "the delivery is dropped");
    tests::invariants::check(&app).await;
}

#[tokio::test]
async fn an_address_that_is_written_during_an_attempt_is_not_disabled_by_it() {
    let (app, proxy, function, anna) = start().await;
    failing_for_long(&app, &anna).await;
    // The first request after both reads waits.
    proxy.inject([Fault::Pass, Fault::Pass, Fault::Hold]);
    let write = async {
        proxy.holds_one().await;
        let new = json!({"webhook_uri": "https://another-host.invalid/"});
        assert_eq!(app.patch(&anna, new).await.status, 200);
        proxy.release();
    };
    let (answer, ()) = tokio::join!(function.invoke(batch(&anna)), write);
    assert_eq!(failed(&answer).len(), 1, "the event waits for the new address");
    let webhook = app.get(&format!("{}/webhook", path_of(&anna))).await.body;
    assert_eq!(webhook["state"], "enabled", "{webhook}");
    assert!(webhook["last_failure"].is_object(), "{webhook}");
}

#[tokio::test]
async fn an_address_whose_writing_began_before_an_attempt_at_the_old_one_is_not_disabled_by_it() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let function = Function::start("deliver-webhook", &app.server, &[]).await;
    let new = json!({"username": "anna", "webhook_uri": "https://no-such-host.invalid/"});
    let anna = app.post(new).await.body;
    app.events(&anna, 1).await;
    failing_for_long(&app, &anna).await;
    proxy.inject([Fault::Hold]);
    let new = json!({"webhook_uri": "https://another-host.invalid/"});
    let write = tokio::spawn(app.call("PATCH", &path_of(&anna)).json(new).send());
    proxy.holds_one().await;
    assert!(
        failed(&function.invoke(batch(&anna)).await).is_empty(),
        "it is given up"
    );
    assert_eq!(state(&app, &anna).await, "disabled", "the old address");
    proxy.release();
    assert_eq!(write.await.unwrap().status, 200);
    assert_eq!(state(&app, &anna).await, "enabled", "the new one");
}

#[tokio::test]
async fn a_success_during_an_attempt_that_fails_keeps_the_endpoint_enabled() {
    let (app, proxy, function, anna) = start().await;
    failing_for_long(&app, &anna).await;
    // Two reads, the new secret and the failure; then the request that disables waits.
    proxy.inject(BEFORE);
    proxy.inject([Fault::Hold]);
    let succeed = async {
        proxy.holds_one().await;
        let success = json!({
            "Key": {"pk": {"S": format!("webhook#{}", id(&anna))}},
            "UpdateExpression": "REMOVE failing_since",
        });
        app.dynamodb("UpdateItem", success).await;
        proxy.release();
    };
    let (answer, ()) = tokio::join!(function.invoke(batch(&anna)), succeed);
    assert_eq!(failed(&answer).len(), 1, "it is tried again");
    assert_eq!(state(&app, &anna).await, "enabled");
}

#[tokio::test]
async fn a_failure_that_a_later_attempts_success_has_overtaken_keeps_the_endpoint_enabled() {
    let (app, _, function, anna) = start().await;
    for (key, expression, time) in [
        ("customer", "SET webhook_written_at = :time", "2026-01-01"),
        (
            "webhook",
            "SET failed_at = :time, succeeded_at = :time",
            "2099-01-01",
        ),
    ] {
        let update = json!({
            "Key": {"pk": {"S": format!("{key}#{}", id(&anna))}},
            "UpdateExpression": expression,
            "ExpressionAttributeValues": {":time": {"S": format!("{time} 00:00:00.000000")}},
        });
        app.dynamodb("UpdateItem", update).await;
    }
    assert_eq!(
        failed(&function.invoke(batch(&anna)).await).len(),
        1,
        "it is tried again"
    );
    assert_eq!(state(&app, &anna).await, "enabled");
}

/// The state that the page of the customer's webhook shows.
async fn state(app: &TestApp, customer: &Value) -> Value {
    let page = app.call_past_proxy("GET", &format!("{}/webhook", path_of(customer)));
    page.send().await.body["state"].clone()
}

/// Has the customer's endpoint fail since long ago.
async fn failing_for_long(app: &TestApp, customer: &Value) {
    let failing = json!({
        "Key": {"pk": {"S": format!("webhook#{}", id(customer))}},
        "UpdateExpression": "SET failing_since = :then",
        "ExpressionAttributeValues": {":then": {"S": "2026-01-01 00:00:00.000000"}},
    });
    app.dynamodb("UpdateItem", failing).await;
}

#[tokio::test]
async fn the_state_is_noted_even_when_no_more_attempts_are_kept() {
    let (app, _, function, anna) = start().await;
    let attempts: Vec<_> = (0..500).map(|n| json!({"S": format!("{n}")})).collect();
    let full = json!({
        "TableName": "EventsTable",
        "Key": {"customer_id": {"S": id(&anna)}, "version": {"N": "1"}},
        "UpdateExpression": "SET attempts = :attempts",
        "ExpressionAttributeValues": {":attempts": {"L": attempts}},
    });
    app.dynamodb("UpdateItem", full).await;
    function.invoke(last_batch(&anna)).await;
    let row = app.history().await.swap_remove(0);
    assert_eq!(row["delivery"]["S"], "failed");
    assert_eq!(row["attempts"]["L"].as_array().unwrap().len(), 500);
}
