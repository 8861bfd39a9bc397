//! The requests that the functions of webhooks make, and the units that DynamoDB bills for them.

use serde_json::{Value, json};
use tests::proxy::{Proxy, Seen};
use tests::runtime::Function;
use tests::{TestApp, id};

use crate::noting::{batch, start};
use crate::publishing;

/// The requests since this was last asked, and their units, of both tables.
fn costs(proxy: &Proxy) -> (Vec<String>, f64) {
    let seen = proxy.take_seen();
    let units = |request: &Seen| request.capacity["CapacityUnits"].as_f64().unwrap_or_default();
    let units = seen.iter().map(units).sum();
    (seen.into_iter().map(|request| request.operation).collect(), units)
}

/// Reads and then writes.
fn requests(gets: usize, updates: usize) -> Vec<String> {
    [
        vec!["GetItem".to_owned(); gets],
        vec!["UpdateItem".to_owned(); updates],
    ]
    .concat()
}

#[tokio::test]
async fn a_delivery_that_fails_makes_the_requests_of_the_data_model() {
    let (app, proxy, function, anna) = start().await;
    proxy.take_seen();
    let set = async |table: &str, key: Value, expression: &str, value: Value| {
        let update = json!({
            "TableName": table,
            "Key": key,
            "UpdateExpression": expression,
            "ExpressionAttributeValues": value,
        });
        app.dynamodb("UpdateItem", update).await;
    };
    // Without attempts, a row has less than 1 KB.
    let set_row = async |delivery: &str| {
        let row = json!({"customer_id": {"S": id(&anna)}, "version": {"N": "1"}});
        let value = json!({":delivery": {"S": delivery}, ":none": {"L": []}});
        let expression = "SET delivery = :delivery, attempts = :none";
        set("EventsTable", row, expression, value).await;
    };
    function.invoke(batch(&anna)).await;
    assert_eq!(
        costs(&proxy),
        (requests(2, 3), 5.0),
        "the first one, which makes the secret"
    );
    function.invoke(batch(&anna)).await;
    assert_eq!(costs(&proxy), (requests(2, 2), 4.0), "the second one");

    set_row("delivered").await;
    function.invoke(batch(&anna)).await;
    // AWS bills the refused update too, with 1 WCU.
    assert_eq!(
        costs(&proxy),
        (requests(2, 3), 4.0),
        "of an event that was delivered before"
    );

    set_row("pending").await;
    for (key, attribute) in [("webhook", "failing_since"), ("customer", "webhook_written_at")] {
        let key = json!({"pk": {"S": format!("{key}#{}", id(&anna))}});
        let value = json!({":long_ago": {"S": "2026-01-01 00:00:00.000000"}});
        set(
            "CustomersTable",
            key,
            &format!("SET {attribute} = :long_ago"),
            value,
        )
        .await;
    }
    function.invoke(batch(&anna)).await;
    let disabling = [requests(2, 2), requests(2, 1)].concat();
    assert_eq!(
        costs(&proxy),
        (disabling, 7.0),
        "the one that disables the endpoint"
    );
}

#[tokio::test]
async fn an_event_is_recorded_by_one_request() {
    let app = TestApp::start().await;
    let proxy = Proxy::start(app.server.dynamodb).await;
    let function = Function::start_at("publish-events", &app.server, proxy.address, &[]).await;
    function.invoke(publishing::batch(1)).await;
    assert_eq!(costs(&proxy), (vec!["PutItem".to_owned()], 1.0));
}
