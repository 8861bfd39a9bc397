//! Endpoints that nothing is sent to any more, and how they come back.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{TestApp, id, path_of};

use crate::receiver::{OK, Receiver, Reply, customer, page, page_where, queue_is_empty, system};

/// Sets an attribute of a customer's webhook past the API.
async fn set(api: &TestApp, customer: &Value, attribute: &str, value: &str) {
    let update = json!({
        "Key": {"pk": {"S": format!("webhook#{}", id(customer))}},
        "UpdateExpression": format!("SET {attribute} = :value"),
        "ExpressionAttributeValues": {":value": {"S": value}},
    });
    api.dynamodb("UpdateItem", update).await;
}

fn is_disabled(page: &Value) -> bool {
    page["state"] == "disabled"
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_until_its_address_is_written() {
    let api = system().await;
    let receiver = Receiver::start(|n| if n == 0 { Reply::Status(410, "") } else { OK }).await;
    let anna = customer(&api, "anna", &receiver.uri).await;
    let disabled = page_where(&api, &anna, is_disabled).await;
    assert_eq!(disabled["reason"], "the endpoint answered 410 Gone");

    for (method, state, reason) in [
        ("", "unset", ""),
        ("POST", "disabled", "the endpoint answered 410 Gone"),
    ] {
        api.patch(&anna, json!({"webhook_method": method})).await;
        let page = page(&api, &anna).await;
        assert_eq!((&page["state"], &page["reason"]), (&json!(state), &json!(reason)));
    }
    api.patch(&anna, json!({"name": "Anna"})).await;
    // Changes are told in their order: once this one has arrived, the one before has been looked at.
    let other = Receiver::start(|_| OK).await;
    customer(&api, "ben", &other.uri).await;
    other.wait_for(1).await;
    queue_is_empty(&api).await;
    assert_eq!(receiver.arrived().len(), 1, "nothing is sent");
    assert!(
        is_disabled(&page(&api, &anna).await),
        "another field enables nothing"
    );

    // The same value counts too. It changes nothing that is shown, so it is not told.
    api.patch(&anna, json!({"webhook_uri": receiver.uri})).await;
    assert_eq!(page(&api, &anna).await["state"], "enabled");
    api.patch(&anna, json!({"name": "Anna Ltd"})).await;
    let arrived = receiver.wait_for(2).await;
    assert_eq!(arrived[1].event()["data"]["name"], "Anna Ltd");
}

#[tokio::test]
async fn five_days_without_a_success_disable_an_endpoint() {
    let api = system().await;
    let receiver = Receiver::start(|n| if n < 3 { Reply::Status(503, "") } else { OK }).await;
    let anna = customer(&api, "anna", &receiver.uri).await;
    page_where(&api, &anna, |page| !page["last_failure"].is_null()).await;
    assert_eq!(
        page(&api, &anna).await["state"],
        "enabled",
        "one failure disables nothing"
    );

    let past = |days: i64| {
        customer::Timestamp::from_micros(customer::Timestamp::now().micros() - days * 86_400_000_000)
    };
    // The address is older than its failures.
    let update = json!({
        "Key": {"pk": {"S": format!("customer#{}", id(&anna))}},
        "UpdateExpression": "REMOVE webhook_written_at",
    });
    api.dynamodb("UpdateItem", update).await;
    set(&api, &anna, "failing_since", &past(5).unwrap().to_string()).await;
    let disabled = page_where(&api, &anna, is_disabled).await;
    let reason = disabled["reason"].as_str().unwrap();
    assert_eq!(
        reason,
        "no delivery succeeded for 5 days; the last one: the endpoint answered 503"
    );
}

#[tokio::test]
async fn a_late_success_of_an_old_address_does_not_enable_the_new_one() {
    let api = system().await;
    let old = Receiver::start(|_| Reply::Slow(Duration::from_secs(3), 204)).await;
    let anna = customer(&api, "anna", &old.uri).await;
    old.wait_for(1).await;
    let gone = Receiver::start(|_| Reply::Status(410, "")).await;
    api.patch(&anna, json!({"webhook_uri": gone.uri})).await;
    page_where(&api, &anna, is_disabled).await;
    let page = page_where(&api, &anna, |page| page["last_success"].is_string()).await;
    assert!(is_disabled(&page), "{page}");
}

#[tokio::test]
async fn the_last_failure_is_that_of_the_attempt_that_began_last() {
    let api = system().await;
    let receiver = Receiver::start(|n| match n {
        0 => Reply::Slow(Duration::from_secs(3), 500),
        1 => Reply::Status(503, ""),
        _ => OK,
    })
    .await;
    let anna = customer(&api, "anna", &receiver.uri).await;
    receiver.wait_for(1).await;
    api.patch(&anna, json!({"name": "Anna"})).await;
    // The first event's second attempt follows its first.
    receiver.wait_for(4).await;
    queue_is_empty(&api).await;
    let page = page(&api, &anna).await;
    assert_eq!(
        page["last_failure"]["reason"], "the endpoint answered 503",
        "{page}"
    );
}

#[tokio::test]
async fn a_successful_test_enables_an_endpoint() {
    let api = system().await;
    let receiver = Receiver::start(|n| if n == 0 { Reply::Status(410, "") } else { OK }).await;
    let anna = customer(&api, "anna", &receiver.uri).await;
    page_where(&api, &anna, is_disabled).await;
    let path = format!("{}/webhook/test", path_of(&anna));
    assert_eq!(api.call("POST", &path).send().await.status, 202);
    page_where(&api, &anna, |page| page["state"] == "enabled").await;
    assert_eq!(receiver.arrived().len(), 2);
}
