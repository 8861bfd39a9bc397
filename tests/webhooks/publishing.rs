//! `publish-events`: its real binary, between a batch of the stream and a queue and a bus that fail on the wire.

use std::time::Duration;

use local::server::Options;
use local::template::CUSTOMERS_TABLE;
use serde_json::{Value, json};
use tests::proxy::{Fault, Proxy};
use tests::runtime::Function;
use tests::{TestApp, all_at_once, in_memory};
use tokio::time::sleep;

use crate::receiver::customer;

/// The function, and the proxy between it and the queue and the bus.
async fn start() -> (TestApp, Proxy, Function) {
    let app = TestApp::start().await;
    let proxy = Proxy::start(app.server.queue).await;
    let url = format!("http://{}", proxy.address);
    let variables = [
        ("AWS_ENDPOINT_URL_SQS", &*url),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", &url),
    ];
    let function = Function::start("publish-events", &app.server, &variables).await;
    (app, proxy, function)
}

/// A batch with a creation for each of these customers, in which the n-th record's sequence number is n.
pub fn batch(count: usize) -> Value {
    let of_file: Value = serde_json::from_str(&tests::read("events/publish-events.json")).unwrap();
    let record = |n: usize| {
        let mut record = of_file["Records"][0].clone();
        let key = json!(format!("customer#5e4a0680-804e-11ec-8477-2fea{n:08x}"));
        record["dynamodb"]["Keys"]["pk"]["S"] = key.clone();
        record["dynamodb"]["NewImage"]["pk"]["S"] = key;
        record["dynamodb"].as_object_mut().unwrap().remove("OldImage");
        record["dynamodb"]["SequenceNumber"] = json!(n.to_string());
        record
    };
    json!({"Records": (0..count).map(record).collect::<Vec<_>>()})
}

pub fn failed(answer: &Value) -> Vec<&str> {
    let failures = answer["batchItemFailures"].as_array().unwrap().iter();
    failures
        .map(|one| one["itemIdentifier"].as_str().unwrap())
        .collect()
}

/// The operations that reached the queue and the bus, and how many entries each had.
fn seen(proxy: &Proxy) -> Vec<(String, usize)> {
    let seen = proxy.take_seen().into_iter();
    seen.map(|one| (one.operation, one.request["Entries"].as_array().unwrap().len()))
        .collect()
}

#[tokio::test]
async fn ten_events_go_to_the_bus_and_to_the_queue_at_once() {
    let (app, proxy, function) = start().await;
    let before = app.server.deliveries().len();
    assert!(failed(&function.invoke(batch(25)).await).is_empty());
    let names: Vec<_> = [("PutEvents", [10, 10, 5]), ("SendMessageBatch", [10, 10, 5])]
        .into_iter()
        .flat_map(|(name, counts)| counts.map(|count| (name.to_owned(), count)))
        .collect();
    assert_eq!(seen(&proxy), names);
    assert_eq!(app.server.deliveries().len() - before, 25);
}

#[tokio::test]
async fn what_the_bus_does_not_take_is_read_again_from_the_first_of_it() {
    let (app, proxy, function) = start().await;
    // The first request is answered, and all attempts of the second fail.
    proxy.inject(
        [Fault::Pass]
            .into_iter()
            .chain([Fault::Refuse(500, "InternalFailure"); 3]),
    );
    let before = app.server.deliveries().len();
    assert_eq!(failed(&function.invoke(batch(25)).await), ["10"]);
    assert_eq!(
        app.server.deliveries().len() - before,
        10,
        "what the bus took is delivered too"
    );
    let log = function.end().await;
    assert!(log.contains("an event did not reach the bus"), "{log}");
}

#[tokio::test]
async fn what_the_queue_does_not_take_is_read_again_from_the_first_of_it() {
    let (_app, proxy, function) = start().await;
    let bus_takes_all = [Fault::Pass; 3];
    proxy.inject(
        bus_takes_all
            .into_iter()
            .chain([Fault::Refuse(500, "InternalFailure"); 3]),
    );
    assert_eq!(failed(&function.invoke(batch(25)).await), ["0"]);
    let log = function.end().await;
    assert!(log.contains("an event did not reach the queue"), "{log}");
    assert!(log.contains("\"level\":\"ERROR\""), "{log}");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_logged_counted_and_passed_over() {
    let app = TestApp::start().await;
    let variables = [("METRIC_NAMESPACE", "customers")];
    let function = Function::start("publish-events", &app.server, &variables).await;
    let mut records = batch(3);
    records["Records"][1]["dynamodb"]["NewImage"]["version"] = json!({"S": "planted-secret"});
    assert!(failed(&function.invoke(records).await).is_empty());
    let log = function.end().await;
    assert!(log.contains("a record of the stream cannot be read"), "{log}");
    assert!(log.contains("\"events_unreadable\":1"), "{log}");
    assert!(log.contains("\"events_published\":2"), "{log}");
    assert!(!log.contains("planted-secret"), "{log}");
}

/// How many records the table's stream has.
fn kept(app: &TestApp) -> usize {
    let database = &app.server.database;
    let streams = serde_json::from_value(json!({"TableName": CUSTOMERS_TABLE})).unwrap();
    let streams = serde_json::to_value(database.list_streams(streams).unwrap()).unwrap();
    let arn = &streams["Streams"][0]["StreamArn"];
    let stream = serde_json::from_value(json!({"StreamArn": arn})).unwrap();
    let stream = serde_json::to_value(database.describe_stream(stream).unwrap()).unwrap();
    let shard = &stream["StreamDescription"]["Shards"][0]["ShardId"];
    let first = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let first = database.get_shard_iterator(serde_json::from_value(first).unwrap());
    let first = serde_json::to_value(first.unwrap()).unwrap();
    let records = json!({"ShardIterator": first["ShardIterator"]});
    let records = database.get_records(serde_json::from_value(records).unwrap());
    let records = serde_json::to_value(records.unwrap()).unwrap();
    records["Records"].as_array().unwrap().len()
}

#[tokio::test]
async fn records_that_were_told_leave_the_local_database() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::start_with(Options {
        data: Some(folder.path().join("customers.db")),
        ..in_memory()
    })
    .await;
    let new = |n| json!({"username": format!("customer-{n}"), "webhook_uri": "https://example.com/"});
    let calls = (0..200).map(|n| app.call("POST", "/customers").json(new(n)));
    all_at_once(calls).await;
    for _ in 0..400 {
        if app.server.deliveries().len() == 200 && kept(&app) == 1 {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    // The engine numbers the next record after the last one.
    assert_eq!((app.server.deliveries().len(), kept(&app)), (200, 1));
    customer(&app, "later", "https://example.com/").await;
    for _ in 0..200 {
        if app.server.deliveries().len() == 201 {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("the next change is not told");
}

#[tokio::test]
async fn guards_removals_and_customers_without_an_address_reach_no_queue() {
    let (app, proxy, function) = start().await;
    let mut records = batch(3);
    records["Records"][0]["dynamodb"]["Keys"]["pk"]["S"] = json!("username#anna");
    records["Records"][1]["dynamodb"]
        .as_object_mut()
        .unwrap()
        .remove("NewImage");
    records["Records"][2]["dynamodb"]["NewImage"]["webhook_uri"]["S"] = json!("");
    let before = app.server.deliveries().len();
    assert!(failed(&function.invoke(records).await).is_empty());
    assert_eq!(
        seen(&proxy),
        [("PutEvents".to_owned(), 1)],
        "the bus hears of the last one"
    );
    assert_eq!(app.server.deliveries().len(), before);
}
