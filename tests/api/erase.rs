//! Erasing a customer: what remains, and what everybody is told afterwards.

use serde_json::{Value, json};
use tests::{Answer, Api, all_at_once, id, outcomes, pages, path_of};

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
    let listed = pages::own(&api, "deleted=true&page_size=100", std::slice::from_ref(&anna)).await;
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
    let restorations = (0..16).map(|_| api.call("POST", &format!("{path}/restore")));
    let updates = (0..16).map(|n| api.call("PATCH", &path).json(json!({"name": format!("{n}")})));
    let erasures = (0..32).map(|_| {
        let call = api.call("POST", &format!("{path}/erase"));
        call.header("if-match", "\"2\"")
    });
    let (erasures, restorations, updates) = tokio::join!(
        all_at_once(erasures),
        all_at_once(restorations),
        all_at_once(updates)
    );
    let count = |answers: &[Answer], status| answers.iter().filter(|one| one.status == status).count();
    let updated = count(&updates, 200);
    let now = api.get(&path).await;
    if now.status == 200 {
        // A restoration came first, so the version was another one for every erasure.
        assert_eq!(
            now.header("etag"),
            format!("\"{}\"", 3 + updated),
            "no update is lost"
        );
        assert_eq!((count(&restorations, 200), count(&restorations, 409)), (1, 15));
        assert_eq!(count(&updates, 409), 16 - updated);
        assert_eq!(
            count(&erasures, 412) + count(&erasures, 409),
            32,
            "{:?}",
            outcomes(&erasures)
        );
        return;
    }
    // An erasure came first, and who came later is told so.
    assert_eq!(now.status, 410, "{now:?}");
    assert_eq!(
        (count(&restorations, 410), updated),
        (16, 0),
        "{:?}",
        outcomes(&restorations)
    );
    assert_eq!(
        count(&updates, 409) + count(&updates, 410),
        16,
        "{:?}",
        outcomes(&updates)
    );
    assert_eq!(count(&erasures, 200), 32, "{:?}", outcomes(&erasures));
    assert!(
        erasures.windows(2).all(|two| two[0].body == two[1].body),
        "one of them erased it"
    );
}
