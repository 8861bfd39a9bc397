//! The history, as `publish-events` writes it: its real binary, with a database that fails on the wire.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tests::TestApp;
use tests::proxy::{Fault, Proxy};
use tests::runtime::Function;

use crate::publishing::{batch, failed};

/// The customer of the first record of a batch.
const FIRST: &str = "5e4a0680-804e-11ec-8477-2fea00000000";

const DAY: u64 = 24 * 60 * 60;

/// The function, and the proxies between it and the database, and between it and the queue and the bus.
async fn start() -> (TestApp, Proxy, Proxy, Function) {
    let app = TestApp::start().await;
    let database = Proxy::start(app.server.dynamodb).await;
    let queue = Proxy::start(app.server.queue).await;
    let url = |proxy: &Proxy| format!("http://{}", proxy.address);
    let variables = [
        ("AWS_ENDPOINT_URL_DYNAMODB", &*url(&database)),
        ("AWS_ENDPOINT_URL_SQS", &url(&queue)),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", &url(&queue)),
    ];
    let function = Function::start("publish-events", &app.server, &variables).await;
    (app, database, queue, function)
}

/// Changes an attribute of the only row of the history.
async fn set(app: &TestApp, attribute: &str, value: Value) {
    let row = app.history().await.swap_remove(0);
    let update = json!({
        "TableName": "EventsTable",
        "Key": {"customer_id": row["customer_id"], "version": row["version"]},
        "UpdateExpression": format!("SET {attribute} = :value"),
        "ExpressionAttributeValues": {":value": value},
    });
    app.dynamodb("UpdateItem", update).await;
}

/// A batch with the erasure of the first customer.
fn erasure() -> Value {
    let mut records = batch(1);
    records["Records"][0]["dynamodb"]["NewImage"] = json!({
        "pk": {"S": format!("customer#{FIRST}")}, "version": {"N": "8"},
        "erased_at": {"S": "2026-02-01 00:00:00.000000"}, "written_by": {"S": "operator#console"},
    });
    records
}

#[tokio::test]
async fn nobody_is_told_of_an_event_that_is_not_in_the_history() {
    let (app, database, queue, function) = start().await;
    database.inject([Fault::Refuse(500, "InternalServerError"); 100]);
    assert_eq!(failed(&function.invoke(batch(3)).await), ["0"]);
    assert!(
        queue.take_seen().is_empty(),
        "neither the bus nor the queue was told"
    );
    assert!(app.history().await.is_empty());
    database.heal();
    assert!(failed(&function.invoke(batch(3)).await).is_empty());
    assert_eq!(app.history().await.len(), 3);
    let log = function.end().await;
    assert!(log.contains("an event did not reach the history"), "{log}");
}

#[tokio::test]
async fn an_event_whose_answer_is_lost_is_in_the_history_once_and_told() {
    for lost in [Fault::DropAfter, Fault::BreakOff, Fault::HalfDocument] {
        let (app, database, queue, function) = start().await;
        database.inject([lost]);
        assert!(failed(&function.invoke(batch(1)).await).is_empty(), "{lost:?}");
        assert_eq!(app.history().await.len(), 1);
        assert_eq!(queue.take_seen().len(), 2, "{lost:?}");
    }
}

#[tokio::test]
async fn an_event_that_is_published_again_keeps_what_became_of_its_delivery() {
    let (app, _, _, function) = start().await;
    function.invoke(batch(1)).await;
    set(&app, "delivery", json!({"S": "delivered"})).await;
    assert!(failed(&function.invoke(batch(1)).await).is_empty());
    let row = app.history().await.swap_remove(0);
    assert_eq!(row["delivery"]["S"], "delivered");
}

#[tokio::test]
async fn after_a_restoration_of_the_table_a_version_that_is_written_again_replaces_the_lost_one() {
    let (app, _, _, function) = start().await;
    function.invoke(batch(1)).await;
    let told = app.history().await.swap_remove(0);
    set(&app, "event", json!({"S": "{\"id\": \"lost\"}"})).await;
    function.invoke(batch(1)).await;
    assert_eq!(app.history().await[0]["event"], told["event"]);
}

#[tokio::test]
async fn an_event_is_kept_for_the_days_of_the_template_and_not_shown_longer() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    app.events(&anna, 1).await;
    let expires_at = app.history().await[0]["expires_at"]["N"]
        .as_str()
        .unwrap()
        .parse::<u64>();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let kept = expires_at.unwrap() - now;
    assert!((90 * DAY - 60..=90 * DAY).contains(&kept), "{kept}");

    set(&app, "expires_at", json!({"N": now.to_string()})).await;
    let path = format!("/customers/{}/events", tests::id(&anna));
    assert_eq!(
        app.get(&path).await.body,
        json!({"result": [], "next_page_token": ""})
    );
    let again = app
        .call("POST", &format!("{path}/{}.1/redeliver", tests::id(&anna)))
        .send()
        .await;
    assert_eq!((again.status, again.code()), (404, "event_not_found"));
}

#[tokio::test]
async fn an_erasure_removes_what_was_recorded_since_and_is_told_on_the_bus_by_the_id_alone() {
    let (app, _, queue, function) = start().await;
    assert!(failed(&function.invoke(batch(2)).await).is_empty());
    assert_eq!(app.history().await.len(), 2);
    queue.take_seen();
    assert!(failed(&function.invoke(erasure()).await).is_empty());
    let left = app.history().await;
    assert!(
        left.len() == 1 && left[0]["customer_id"]["S"] != FIRST,
        "{left:?}"
    );
    let [told] = &queue.take_seen()[..] else {
        panic!("the queue was told too")
    };
    let entry = &told.request["Entries"][0];
    assert_eq!(entry["DetailType"], "customer.erased");
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    let expected = json!({
        "id": format!("{FIRST}.8"), "type": "customer.erased", "timestamp": "2026-02-01T00:00:00.000000Z",
        "version": 8, "changed": [], "data": {"id": FIRST},
    });
    assert_eq!(detail, expected);
}

#[tokio::test]
async fn an_erasure_is_told_only_after_its_history_is_gone() {
    let (app, database, queue, function) = start().await;
    function.invoke(batch(1)).await;
    queue.take_seen();
    database.inject([Fault::Refuse(500, "InternalServerError"); 20]);
    assert_eq!(failed(&function.invoke(erasure()).await), ["0"]);
    assert!(queue.take_seen().is_empty());
    database.heal();
    assert!(failed(&function.invoke(erasure()).await).is_empty());
    assert!(app.history().await.is_empty());
}
