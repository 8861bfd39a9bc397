use serde_json::{Value, json};
use tests::{Answer, TestApp, all_at_once};

async fn post(app: &TestApp, key: &str, body: Value) -> Answer {
    app.call("POST", "/customers")
        .header("idempotency-key", key)
        .json(body)
        .send()
        .await
}

#[tokio::test]
async fn a_repeated_request_returns_the_same_customer() {
    let app = TestApp::start().await;
    let first = post(&app, "k1", json!({"username": "anna", "name": "Anna"})).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (201, ""));
    let spelled_otherwise = json!({"name": "Anna", "webhook_method": "POST", "username": "anna"});
    for key in ["k1", "\"k1\""] {
        let again = post(&app, key, spelled_otherwise.clone()).await;
        assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"));
        assert_eq!(
            (&again.body, again.header("location")),
            (&first.body, first.header("location"))
        );
    }
    assert_eq!(app.items().await.len(), 3, "a customer, a guard and a key");
}

#[tokio::test]
async fn a_key_with_another_body_is_refused() {
    let app = TestApp::start().await;
    post(&app, "k1", json!({"username": "anna"})).await;
    for body in [
        json!({"username": "berta"}),
        json!({"username": "anna", "name": "Anna"}),
    ] {
        let answer = post(&app, "k1", body).await;
        assert_eq!((answer.status, answer.code()), (422, "idempotency_key_reused"));
    }
    assert_eq!(app.items().await.len(), 3);
}

#[tokio::test]
async fn a_failed_request_leaves_its_key_unused() {
    let app = TestApp::start().await;
    app.create("anna").await;
    assert_eq!(post(&app, "k1", json!({"username": "anna"})).await.status, 409);
    assert_eq!(post(&app, "k1", json!({"username": "a b"})).await.status, 400);
    let answer = post(&app, "k1", json!({"username": "berta"})).await;
    assert_eq!((answer.status, answer.header("idempotent-replayed")), (201, ""));
}

#[tokio::test]
async fn twenty_requests_with_one_key_create_one_customer_and_all_show_it() {
    let app = TestApp::start().await;
    let calls = (0..20).map(|_| {
        app.call("POST", "/customers")
            .header("idempotency-key", "k1")
            .json(json!({"username": "anna"}))
    });
    let answers = all_at_once(calls).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 201 && answer.body == answers[0].body),
        "{answers:?}"
    );
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.header("idempotent-replayed").is_empty())
            .count(),
        1
    );
    assert_eq!(app.items().await.len(), 3);
}

#[tokio::test]
async fn an_expired_key_counts_as_absent() {
    let app = TestApp::start().await;
    post(&app, "k1", json!({"username": "anna"})).await;
    let items = app.items().await;
    let record = items
        .iter()
        .find(|item| item["pk"]["S"].as_str().unwrap().starts_with("idempotency#"))
        .unwrap();
    let expire = |at: i64| {
        json!({
            "Key": {"pk": record["pk"]},
            "UpdateExpression": "SET expires_at = :at",
            "ExpressionAttributeValues": {":at": {"N": at.to_string()}},
        })
    };
    let now = customer::Timestamp::now().seconds();
    let kept = record["expires_at"]["N"]
        .as_str()
        .unwrap()
        .parse::<i64>()
        .unwrap()
        - now;
    assert!(
        (24 * 3600 - 60..=24 * 3600).contains(&kept),
        "kept for a day, not {kept} s"
    );

    app.dynamodb("UpdateItem", expire(now + 60)).await;
    assert_eq!(post(&app, "k1", json!({"username": "berta"})).await.status, 422);
    app.dynamodb("UpdateItem", expire(now - 1)).await;
    let answer = post(&app, "k1", json!({"username": "berta"})).await;
    assert_eq!((answer.status, answer.header("idempotent-replayed")), (201, ""));
}

#[tokio::test]
async fn a_malformed_key_is_refused() {
    let app = TestApp::start().await;
    for key in ["", "a b", "\"open", &"k".repeat(256)] {
        let answer = post(&app, key, json!({"username": "anna"})).await;
        assert_eq!(
            (answer.status, answer.faults()),
            (400, vec!["/idempotency-key invalid_format".to_owned()]),
            "{key}"
        );
    }
    assert_eq!(app.items().await.len(), 0);
}
