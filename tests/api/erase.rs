//! Erasing a customer: what remains, and what everybody is told afterwards.

use serde_json::{Value, json};
use tests::{Answer, Api, all_at_once, id, pages, path_of};

/// A deleted customer, of version 2.
async fn deleted(api: &Api, name: &str) -> Value {
    let customer = api.create_unique(name).await;
    assert_eq!(api.delete(&customer).await.status, 200);
    customer
}

/// Every operation on a customer but its erasure.
async fn everything_else(api: &Api, customer: &Value) -> Vec<(&'static str, Answer)> {
    let path = path_of(customer);
    let mut answers = Vec::new();
    for (method, of, body) in [
        ("GET", String::new(), Value::Null),
        ("PUT", String::new(), json!({"name": "new"})),
        ("PATCH", String::new(), json!({"username": api.unique("new")})),
        ("DELETE", String::new(), Value::Null),
        ("POST", "/restore".to_owned(), Value::Null),
        ("GET", "/webhook".to_owned(), Value::Null),
        ("POST", "/webhook/rotate".to_owned(), Value::Null),
        ("POST", "/webhook/test".to_owned(), Value::Null),
        ("GET", "/events".to_owned(), Value::Null),
        (
            "POST",
            format!("/events/{}.1/redeliver", id(customer)),
            Value::Null,
        ),
    ] {
        let call = api.call(method, &format!("{path}{of}"));
        let call = if body.is_null() { call } else { call.json(body) };
        answers.push((method, call.send().await));
    }
    answers
}

#[tokio::test]
async fn an_erased_customer_is_gone_for_every_operation_and_its_username_is_free() {
    let api = Api::start().await;
    let anna = deleted(&api, "anna").await;
    // Makes the secret.
    api.get(&format!("{}/webhook", path_of(&anna))).await;
    let erased = api.erase(&anna, 2).await;
    assert_eq!(erased.status, 200, "{erased:?}");
    assert_eq!(
        (&erased.body["id"], &erased.body["by"]["kind"]),
        (&anna["id"], &json!("operator"))
    );
    for (method, answer) in everything_else(&api, &anna).await {
        assert_eq!(
            (answer.status, answer.code()),
            (410, "customer_erased"),
            "{method}"
        );
        let when = erased.body["tm_erase"].as_str().unwrap();
        assert!(
            answer.body["detail"].as_str().unwrap().contains(when),
            "{answer:?}"
        );
    }
    api.wait_for_index().await;
    let listed = pages::own(&api, "deleted=true&page_size=100", &[anna.clone()]).await;
    assert!(listed.is_empty(), "{listed:?}");
    let username = anna["username"].as_str().unwrap();
    let found = api
        .get(&format!("/customers?username={username}&deleted=true"))
        .await;
    assert!(found.result().is_empty(), "{found:?}");
    let again = api.create(username).await;
    assert_ne!(again["id"], anna["id"]);
}

#[tokio::test]
async fn erasing_again_answers_the_same() {
    let api = Api::start().await;
    let anna = deleted(&api, "anna").await;
    let first = api.erase(&anna, 2).await;
    for version in [2, 3, 7] {
        let again = api.erase(&anna, version).await;
        assert_eq!((again.status, &again.body), (200, &first.body));
    }
}

#[tokio::test]
async fn only_a_deleted_customer_is_erased_and_only_in_the_version_that_was_seen() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let live = api.erase(&anna, 1).await;
    assert_eq!((live.status, live.code()), (409, "customer_not_deleted"));
    api.delete(&anna).await;
    let stale = api.erase(&anna, 1).await;
    assert_eq!((stale.status, stale.code()), (412, "precondition_failed"));
    let path = format!("{}/erase", path_of(&anna));
    for call in [
        api.call("POST", &path),
        api.call("POST", &path).header("if-match", "*"),
    ] {
        let answer = call.send().await;
        assert_eq!((answer.status, answer.code()), (428, "precondition_required"));
    }
    let nobody = api.erase(&json!({"id": uuid::Uuid::now_v7()}), 1).await;
    assert_eq!((nobody.status, nobody.code()), (404, "customer_not_found"));
    assert_eq!(api.restore(&anna).await.status, 200, "nothing was erased");
}

#[tokio::test]
async fn the_idempotency_key_of_an_erased_customer_creates_another_one() {
    let api = Api::start().await;
    let key = api.unique("key");
    let create = || {
        let call = api.call("POST", "/customers").header("idempotency-key", &key);
        call.json(json!({"username": api.unique("anna")})).send()
    };
    let anna = create().await.body;
    assert_eq!(create().await.body["id"], anna["id"], "the key still replays");
    api.delete(&anna).await;
    assert_eq!(api.erase(&anna, 2).await.status, 200);
    let again = create().await;
    assert_eq!(again.status, 201);
    assert_ne!(again.body["id"], anna["id"]);
    assert_eq!(again.header("idempotent-replayed"), "");
}

#[tokio::test]
async fn of_64_callers_who_erase_restore_and_update_at_once_all_are_told_the_truth() {
    let api = Api::start().await;
    let anna = deleted(&api, "anna").await;
    let path = path_of(&anna);
    let calls = (0..64).map(|n| match n % 4 {
        0 => api.call("POST", &format!("{path}/restore")),
        1 => api.call("PATCH", &path).json(json!({"name": format!("{n}")})),
        _ => api
            .call("POST", &format!("{path}/erase"))
            .header("if-match", "\"2\""),
    });
    let answers = all_at_once(calls).await;
    let count = |from: usize, status| {
        let those = answers.iter().enumerate().filter(|(n, _)| match from {
            0 | 1 => n % 4 == from,
            _ => n % 4 > 1,
        });
        those.filter(|(_, answer)| answer.status == status).count()
    };
    let (restored, updated, erased) = (count(0, 200), count(1, 200), count(2, 200));
    let now = api.get(&path).await;
    match erased {
        // A restoration came first, so the version was another one for every erasure.
        0 => {
            assert_eq!((restored, now.status), (1, 200), "{answers:?}");
            assert_eq!(
                now.header("etag"),
                format!("\"{}\"", 3 + updated),
                "no update is lost"
            );
            assert_eq!(count(0, 409), 15);
            assert_eq!(count(2, 412) + count(2, 409), 32, "{answers:?}");
        }
        // An erasure came first, and each erasure after it is told so.
        erased => {
            assert_eq!((restored, updated, now.status), (0, 0, 410), "{answers:?}");
            assert_eq!(erased + count(2, 503), 32, "{answers:?}");
            assert!(
                answers
                    .iter()
                    .all(|answer| [200, 409, 410, 503].contains(&answer.status)),
                "{answers:?}"
            );
        }
    }
    let tombstones: Vec<_> = answers
        .iter()
        .filter(|answer| answer.body["tm_erase"].is_string())
        .collect();
    assert!(
        tombstones.windows(2).all(|two| two[0].body == two[1].body),
        "one of them erased it"
    );
}
