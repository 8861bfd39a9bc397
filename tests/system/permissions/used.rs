//! What a function needs, seen on the wire while its binary does everything that it can do.

use std::collections::BTreeSet;

use local::template::EVENTS_TABLE;
use serde_json::{Value, json};
use tests::TestApp;
use tests::proxy::{Proxy, Seen};
use tests::runtime::Function;

use super::Access;
use crate::binaries::ID;

/// A running system, and proxies on the way to its database and to its queue.
pub(super) struct System {
    app: TestApp,
    database: Proxy,
    queue: Proxy,
}

impl System {
    pub(super) async fn start() -> Self {
        let app = TestApp::start().await;
        let database = Proxy::start(app.server.dynamodb).await;
        let queue = Proxy::start(app.server.queue).await;
        Self { app, database, queue }
    }

    /// Has the function's binary do everything that it can do, and returns the access that it needed. Each binary reads
    /// once in its init phase, if it has a database.
    pub(super) async fn used(&self, function: &str, binary: &str) -> BTreeSet<Access> {
        let new = self.app.call("POST", "/customers");
        let new = new.header("idempotency-key", function);
        let new = new.json(json!({"username": format!("anna-{function}")}));
        let anna = new.send().await.body;
        let id = anna["id"].as_str().unwrap();
        if ["RestoreCustomer", "EraseCustomer"].contains(&function) {
            self.app.delete(&anna).await;
        }
        if function.contains("Webhook") || function == "RedeliverEvent" {
            let webhook_uri = "https://no-such-host.invalid/";
            self.app.patch(&anna, json!({"webhook_uri": webhook_uri})).await;
        }
        if ["RedeliverEvent", "EraseCustomer"].contains(&function) {
            self.app.events(&anna, 2).await;
        }
        let queue = format!("http://{}", self.queue.address);
        let variables = [
            ("AWS_ENDPOINT_URL_SQS", &*queue),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", &queue),
        ];
        let address = self.database.address;
        let process = Function::start_at(binary, &self.app.server, address, &variables).await;
        for (event, status) in events(function, id) {
            let answer = process.invoke(event).await;
            match status {
                Some(status) => assert_eq!(answer["statusCode"], status, "{function}: {answer}"),
                None => assert!(answer["batchItemFailures"].is_array(), "{function}: {answer}"),
            }
        }
        let seen = [self.database.take_seen(), self.queue.take_seen()].concat();
        seen.iter().flat_map(accesses).collect()
    }
}

/// Events that have a function do everything it can do to a customer, and the status of each answer. A batch has none.
fn events(function: &str, id: &str) -> Vec<(Value, Option<u16>)> {
    let of = |name: &str| {
        let event = tests::read(format!("events/{name}.json"));
        serde_json::from_str(&event.replace(ID, id)).unwrap()
    };
    let with = |name: &str, member: &str, value: Value| {
        let mut event: Value = of(name);
        event[member] = value;
        for header in ["if-match", "idempotency-key"] {
            event["headers"].as_object_mut().unwrap().remove(header);
        }
        event
    };
    match function {
        "CreateCustomer" => vec![
            (of("create-customer"), Some(201)),
            (of("create-customer"), Some(201)),
            (
                with(
                    "create-customer",
                    "body",
                    json!(r#"{"username": "ANNA-CreateCustomer"}"#),
                ),
                Some(409),
            ),
        ],
        "GetCustomer" => vec![(of("get-customer"), Some(200))],
        "ListCustomers" => ["", "deleted=true", "username=anna-ListCustomers"]
            .map(|query| (with("list-customers", "rawQueryString", json!(query)), Some(200)))
            .into(),
        "UpdateCustomer" => [json!({"name": "Anna"}), json!({"username": "carla"})]
            .map(|body| {
                (
                    with("update-customer", "body", json!(body.to_string())),
                    Some(200),
                )
            })
            .into(),
        "DeleteCustomer" => vec![(with("delete-customer", "body", Value::Null), Some(200))],
        "RestoreCustomer" => vec![(of("restore-customer"), Some(200))],
        "GetWebhook" => vec![(of("get-webhook"), Some(200))],
        "RotateWebhookSecret" => vec![(of("rotate-webhook-secret"), Some(200))],
        "TestWebhook" => vec![(of("test-webhook"), Some(202))],
        "ListEvents" => vec![(of("list-events"), Some(200))],
        "RedeliverEvent" => vec![(of("redeliver-event"), Some(202))],
        "EraseCustomer" => {
            let mut event: Value = of("erase-customer");
            event["headers"]["if-match"] = json!("\"2\"");
            vec![(event, Some(200))]
        }
        "PublishEvents" => {
            let changed: Value = of("publish-events");
            let mut erased = changed.clone();
            let record = &mut erased["Records"][0]["dynamodb"];
            record["NewImage"] = json!({
                "pk": record["Keys"]["pk"],
                "version": {"N": "3"},
                "erased_at": {"S": "2026-11-23 09:00:00.000000"},
            });
            vec![(changed, None), (erased, None)]
        }
        "DeliverWebhook" => vec![(delivery(id), None)],
        function => panic!("the test does not know what {function} does"),
    }
}

/// A batch with one delivery to this customer.
fn delivery(id: &str) -> Value {
    let body = json!({"id": format!("{id}.1"), "customer_id": id, "is_test": false, "event": {}});
    json!({"Records": [{
        "messageId": "1",
        "receiptHandle": "1",
        "body": body.to_string(),
        "attributes": {"ApproximateReceiveCount": "1"},
    }]})
}

/// The pattern that matches all keys of this kind.
fn pattern(key: &Value) -> String {
    let key = key["S"].as_str().unwrap();
    key.split_once('#')
        .map_or(key.to_owned(), |(kind, _)| format!("{kind}#*"))
}

/// What a request needs to be allowed. AWS does not say which keys IAM sees for one part of a transaction, so each
/// part needs its action on the keys of all parts.
fn accesses(seen: &Seen) -> Vec<Access> {
    let request = &seen.request;
    match seen.operation.as_str() {
        operation if request["TableName"] == EVENTS_TABLE => vec![access(operation, EVENTS_TABLE)],
        "BatchWriteItem" => {
            let tables = request["RequestItems"].as_object().unwrap().keys();
            tables.map(|table| access("BatchWriteItem", table)).collect()
        }
        operation @ ("GetItem" | "UpdateItem") => {
            let key = pattern(&request["Key"]["pk"]);
            vec![(operation.to_owned(), "table".to_owned(), key)]
        }
        "Query" => {
            assert_eq!(request["IndexName"], "listing");
            let values = request["ExpressionAttributeValues"].as_object().unwrap().values();
            let mut names = values.filter_map(|value| value["S"].as_str());
            let listing = names.find(|name| ["live", "deleted"].contains(name)).unwrap();
            vec![("Query".to_owned(), "index".to_owned(), listing.to_owned())]
        }
        "TransactWriteItems" => {
            let parts = request["TransactItems"].as_array().unwrap().iter();
            let (actions, keys): (BTreeSet<_>, BTreeSet<_>) = parts
                .map(|part| match part.as_object().unwrap().iter().next().unwrap() {
                    (kind, put) if kind == "Put" => ("PutItem".to_owned(), pattern(&put["Item"]["pk"])),
                    (kind, part) => (format!("{kind}Item"), pattern(&part["Key"]["pk"])),
                })
                .unzip();
            let all = |action: &String| {
                keys.iter().map({
                    let action = action.clone();
                    move |key| (action.clone(), "transaction".to_owned(), key.clone())
                })
            };
            actions.iter().flat_map(all).collect()
        }
        "SendMessageBatch" => vec![access("sqs:SendMessage*", "Deliveries")],
        "ChangeMessageVisibility" => vec![access("sqs:ChangeMessageVisibility", "Deliveries")],
        "PutEvents" => vec![access("events:PutEvents", "EventBus")],
        operation => panic!("the test does not know what {operation} needs"),
    }
}

/// An access to something other than the customers' table.
fn access(action: &str, resource: &str) -> Access {
    (action.to_owned(), resource.to_owned(), String::new())
}
