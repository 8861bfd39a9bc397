//! How long an idempotency key is kept.

use serde_json::{Value, json};
use tests::proxy::Fault;
use tests::{Answer, TestApp};

async fn create(app: &TestApp, username: &str) -> Answer {
    let call = app.call("POST", "/customers").header("idempotency-key", "k1");
    call.json(json!({"username": username})).send().await
}

/// The item of the one key there is.
async fn stored_key(app: &TestApp) -> Value {
    let is_key = |item: &Value| item["pk"]["S"].as_str().unwrap().starts_with("idempotency#");
    app.items().await.into_iter().find(is_key).unwrap()
}

#[tokio::test]
async fn a_request_that_is_repeated_while_its_customer_is_erased_counts_as_the_first() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let first = create(&app, "anna").await;
    let path = tests::path_of(&first.body);
    app.delete(&first.body).await;
    // The transaction is refused; then the read of the customer waits.
    proxy.inject([Fault::Pass, Fault::Hold]);
    let call = app.call("POST", "/customers").header("idempotency-key", "k1");
    let again = tokio::spawn(call.json(json!({"username": "anna"})).send());
    proxy.holds_one().await;
    let erase = app.call_past_proxy("POST", &format!("{path}/erase"));
    assert_eq!(erase.header("if-match", "\"2\"").send().await.status, 200);
    proxy.release();
    let again = again.await.unwrap();
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (201, ""),
        "{again:?}"
    );
    assert_ne!(again.body["id"], first.body["id"]);
}

#[tokio::test]
async fn an_expired_key_counts_as_absent() {
    let app = TestApp::start().await;
    create(&app, "anna").await;
    let key = stored_key(&app).await;
    let expire = |at: i64| {
        json!({
            "Key": {"pk": key["pk"]},
            "UpdateExpression": "SET expires_at = :at",
            "ExpressionAttributeValues": {":at": {"N": at.to_string()}},
        })
    };
    let now = customer::Timestamp::now().seconds();
    let expires_at: i64 = key["expires_at"]["N"].as_str().unwrap().parse().unwrap();
    let kept = expires_at - now;
    assert!(
        (24 * 3600 - 60..=24 * 3600).contains(&kept),
        "kept for a day, not {kept} s"
    );

    app.dynamodb("UpdateItem", expire(now + 60)).await;
    assert_eq!(create(&app, "berta").await.status, 422);
    app.dynamodb("UpdateItem", expire(now - 1)).await;
    let answer = create(&app, "berta").await;
    assert_eq!((answer.status, answer.header("idempotent-replayed")), (201, ""));
}
