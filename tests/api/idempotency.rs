//! Creation with an `Idempotency-Key`.

use serde_json::{Value, json};
use tests::{Answer, Api, all_at_once};

async fn post(api: &Api, key: &str, body: Value) -> Answer {
    let call = api.call("POST", "/customers").header("idempotency-key", key);
    call.json(body).send().await
}

#[tokio::test]
async fn a_repeated_request_returns_the_same_customer() {
    let api = Api::start().await;
    let (key, anna) = (api.unique("k1"), api.unique("anna"));
    let first = post(&api, &key, json!({"username": anna, "name": "Anna"})).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (201, ""));
    let same_in_other_words = json!({"name": "Anna", "webhook_method": "POST", "username": anna});
    for key in [key.clone(), format!("\"{key}\"")] {
        let again = post(&api, &key, same_in_other_words.clone()).await;
        assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"));
        assert_eq!(
            (&again.body, again.header("location")),
            (&first.body, first.header("location"))
        );
    }
}

#[tokio::test]
async fn a_key_with_another_body_is_refused() {
    let api = Api::start().await;
    let (key, anna) = (api.unique("k1"), api.unique("anna"));
    post(&api, &key, json!({"username": anna})).await;
    for body in [
        json!({"username": api.unique("berta")}),
        json!({"username": anna, "name": "Anna"}),
    ] {
        let answer = post(&api, &key, body).await;
        assert_eq!((answer.status, answer.code()), (422, "idempotency_key_reused"));
    }
}

#[tokio::test]
async fn a_failed_request_leaves_its_key_unused() {
    let api = Api::start().await;
    let (key, anna) = (api.unique("k1"), api.create_unique("anna").await);
    assert_eq!(
        post(&api, &key, json!({"username": anna["username"]}))
            .await
            .status,
        409
    );
    assert_eq!(post(&api, &key, json!({"username": "a b"})).await.status, 400);
    let answer = post(&api, &key, json!({"username": api.unique("berta")})).await;
    assert_eq!((answer.status, answer.header("idempotent-replayed")), (201, ""));
}

#[tokio::test]
async fn twenty_requests_with_one_key_create_one_customer_and_all_show_it() {
    let api = Api::start().await;
    let (key, anna) = (api.unique("k1"), api.unique("anna"));
    let calls = (0..20).map(|_| {
        api.call("POST", "/customers")
            .header("idempotency-key", &key)
            .json(json!({"username": anna}))
    });
    let answers = all_at_once(calls).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 201 && answer.body == answers[0].body),
        "{answers:?}"
    );
    let first = answers
        .iter()
        .filter(|answer| answer.header("idempotent-replayed").is_empty());
    assert_eq!(first.count(), 1);
}

#[tokio::test]
async fn a_malformed_key_is_refused() {
    let api = Api::start().await;
    let anna = api.unique("anna");
    for key in ["", "a b", "\"open", &"k".repeat(256)] {
        let answer = post(&api, key, json!({"username": anna})).await;
        assert_eq!(
            (answer.status, answer.faults()),
            (400, vec!["/idempotency-key invalid_format".to_owned()]),
            "{key}"
        );
    }
    api.create(&anna).await;
}
