//! What arrives at an endpoint, and how it is signed.

use customer::Customer;
use serde_json::json;
use tests::contract::Contract;
use tests::{id, path_of};

use crate::receiver::{OK, Receiver, Reply, customer, page_where, queue_is_empty, secret, system};

#[tokio::test]
async fn each_change_arrives_once_signed_and_as_the_contract_says() {
    let (api, receiver) = (system().await, Receiver::start(|_| OK).await);
    let anna = customer(&api, "anna", &receiver.uri).await;
    let secret = secret(&api, &anna).await;
    // Each change after the arrival of the one before, for the order is not promised.
    receiver.wait_for(1).await;
    api.patch(&anna, json!({"name": "Anna", "line_token": "made-up-token"}))
        .await;
    receiver.wait_for(2).await;
    api.delete(&anna).await;
    receiver.wait_for(3).await;
    api.restore(&anna).await;
    let arrived = receiver.wait_for(4).await;
    page_where(&api, &anna, |page| !page["last_success"].is_null()).await;

    let expected = [
        ("customer.created", &Customer::FIELDS[..]),
        ("customer.updated", &["name", "line_token"]),
        ("customer.deleted", &["tm_delete"]),
        ("customer.restored", &["tm_delete"]),
    ];
    for (place, (arrived, (kind, changed))) in arrived.iter().zip(expected).enumerate() {
        let event = arrived.event();
        let version = place + 1;
        let event_id = format!("{}.{version}", id(&anna));
        assert!(arrived.is_signed_by(&secret), "{arrived:?}");
        assert_eq!(event["type"], kind);
        assert_eq!(event["changed"], json!(changed));
        assert_eq!(event["version"], version);
        assert_eq!(event["id"], event_id);
        assert_eq!(arrived.header("webhook-id"), event_id);
        assert_eq!(event["data"]["line_secret"], "********");
        let schema = json!({"$ref": "#/components/schemas/Event"});
        Contract::get().validate_schema(&schema, &event);
        assert_eq!(arrived.method, "POST");
        assert_eq!(arrived.target, "/hook?for=test");
        assert_eq!(arrived.header("content-type"), "application/json");
        assert!(arrived.header("user-agent").starts_with("customer-registry/"));
    }
    assert_eq!(receiver.arrived().len(), 4, "nothing arrives twice");
    assert!(
        !format!("{arrived:?}").contains("made-up"),
        "an event has no secret"
    );
}

#[tokio::test]
async fn the_customers_method_is_used_and_a_get_has_no_body_but_a_signature() {
    let (api, receiver) = (system().await, Receiver::start(|_| OK).await);
    let anna = customer(&api, "anna", &receiver.uri).await;
    let secret = secret(&api, &anna).await;
    receiver.wait_for(1).await;
    for (count, method) in [(2, "PUT"), (3, "DELETE"), (4, "GET")] {
        api.patch(&anna, json!({"webhook_method": method})).await;
        let arrived = receiver.wait_for(count).await.pop().unwrap();
        assert_eq!(arrived.method, method);
        assert!(arrived.is_signed_by(&secret), "{arrived:?}");
        assert_eq!(arrived.body.is_empty(), method == "GET", "{arrived:?}");
        assert_eq!(arrived.header("content-type").is_empty(), method == "GET");
        assert_eq!(arrived.header("webhook-id"), format!("{}.{count}", id(&anna)));
    }
}

#[tokio::test]
async fn a_write_that_changes_nothing_shown_is_not_told() {
    let (api, receiver) = (system().await, Receiver::start(|_| OK).await);
    let anna = customer(&api, "anna", &receiver.uri).await;
    receiver.wait_for(1).await;
    for _ in 0..3 {
        assert_eq!(api.patch(&anna, json!({"name": ""})).await.status, 200);
    }
    api.patch(&anna, json!({"name": "Anna"})).await;
    let arrived = receiver.wait_for(2).await;
    assert_eq!(arrived[1].event()["version"], 5);
}

#[tokio::test]
async fn the_address_at_the_time_of_the_attempt_counts() {
    let api = system().await;
    let (old, new) = (
        Receiver::start(|_| Reply::Status(500, "")).await,
        Receiver::start(|_| OK).await,
    );
    let anna = customer(&api, "anna", &old.uri).await;
    old.wait_for(1).await;
    api.patch(&anna, json!({"webhook_uri": new.uri})).await;
    let arrived = new.wait_for(2).await;
    let mut ids: Vec<_> = arrived
        .iter()
        .map(|arrived| arrived.header("webhook-id"))
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, [format!("{}.1", id(&anna)), format!("{}.2", id(&anna))]);
    assert!(
        old.arrived().len() <= 2,
        "at most one further attempt was under way"
    );
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_that_was_emptied() {
    let api = system().await;
    let receiver = Receiver::start(|_| Reply::Status(500, "")).await;
    let anna = customer(&api, "anna", &receiver.uri).await;
    receiver.wait_for(1).await;
    api.patch(&anna, json!({"webhook_uri": null})).await;
    let before = receiver.arrived().len();
    queue_is_empty(&api).await;
    assert!(receiver.arrived().len() <= before + 1);
    let path = format!("{}/webhook", path_of(&anna));
    assert_eq!(api.get(&path).await.body["state"], "unset");
}

#[tokio::test]
async fn both_secrets_sign_after_a_rotation_and_the_older_one_ends_with_the_next() {
    let (api, receiver) = (system().await, Receiver::start(|_| OK).await);
    let anna = customer(&api, "anna", &receiver.uri).await;
    receiver.wait_for(1).await;
    let mut secrets = vec![secret(&api, &anna).await];
    for count in 2..=3 {
        let path = format!("{}/webhook/rotate", path_of(&anna));
        let rotated = api.call("POST", &path).send().await;
        assert_eq!(rotated.status, 200);
        assert!(rotated.body["previous_secret_until"].is_string());
        secrets.push(rotated.body["secret"].as_str().unwrap().to_owned());
        api.patch(&anna, json!({"name": format!("Anna {count}")})).await;
        let arrived = receiver.wait_for(count).await.pop().unwrap();
        let valid: Vec<_> = secrets
            .iter()
            .map(|secret| arrived.is_signed_by(secret))
            .collect();
        let mut expected = vec![false; secrets.len()];
        let newest = secrets.len() - 2;
        expected[newest..].fill(true);
        assert_eq!(valid, expected);
    }
}
