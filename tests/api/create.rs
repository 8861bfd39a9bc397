//! Creating customers.

use serde_json::{Value, json};
use tests::{Api, path_of};

fn full(username: &str) -> Value {
    json!({
        "username": username,
        "name": "Anna's calls",
        "detail": "Since 2019; pays by invoice.",
        "webhook_method": "PUT",
        "webhook_uri": "https://example.com/webhooks?from=registry",
        "line_secret": "made-up-secret",
        "line_token": "made-up/token+of=LINE",
        "permission_ids": ["03796e14-7cb4-11ec-9dba-e72023efd1c6"],
    })
}

#[tokio::test]
async fn a_username_is_enough_and_the_rest_has_defaults() {
    let api = Api::start().await;
    let answer = api.post(json!({"username": api.unique("anna")})).await;
    assert_eq!(answer.status, 201);
    let customer = &answer.body;
    assert_eq!(answer.header("location"), path_of(customer));
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_eq!(answer.header("idempotent-replayed"), "");
    assert_eq!(customer["webhook_method"], "POST");
    assert_eq!(customer["tm_update"], customer["tm_create"]);
    assert_eq!(customer["tm_delete"], "9999-01-01 00:00:00.000000");
    for empty in ["name", "detail", "webhook_uri", "line_secret", "line_token"] {
        assert_eq!(customer[empty], "", "{empty}");
    }
    assert_eq!(customer["permission_ids"], json!([]));
}

#[tokio::test]
async fn what_was_sent_is_what_is_stored_and_read() {
    let api = Api::start().await;
    let full = full(&api.unique("Anna@example.com"));
    let created = api.post(full.clone()).await.body;
    for (field, value) in full.as_object().unwrap() {
        assert_eq!(&created[field], value, "{field}");
    }
    let read = api.get(&path_of(&created)).await;
    assert_eq!(read.body, created);
}

#[tokio::test]
async fn all_faults_are_reported_at_once_and_nothing_is_stored() {
    let api = Api::start().await;
    let username = api.unique("anna");
    let answer = api
        .post(json!({
            "username": username, "name": "n".repeat(256), "webhook_uri": "http://169.254.169.254/latest",
            "permission_ids": ["5e4a0680-804e-11ec-8477-2fea5968d85b"], "colour": "red", "id": "1",
        }))
        .await;
    assert_eq!((answer.status, answer.code()), (400, "invalid"));
    let mut faults = answer.faults();
    faults.sort();
    assert_eq!(
        faults,
        [
            "/colour unknown_field",
            "/id read_only",
            "/name too_long",
            "/permission_ids/0 not_allowed",
            "/webhook_uri not_allowed",
        ]
    );
    let found = api.get(&format!("/customers?username={username}")).await;
    assert_eq!(found.result(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_key_that_a_document_has_twice_is_a_fault_although_json_parsers_take_the_last() {
    let api = Api::start().await;
    let answer = api
        .call("POST", "/customers")
        .header("content-type", "application/json")
        .body(r#"{"username":"anna","username":"berta"}"#)
        .send()
        .await;
    assert_eq!(
        (answer.status, answer.faults()),
        (400, vec!["/username repeated".to_owned()])
    );
}

#[tokio::test]
async fn a_username_is_taken_in_any_case_and_also_by_a_deleted_customer() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let answer = api.post(json!({"username": api.unique("ANNA")})).await;
    assert_eq!((answer.status, answer.code()), (409, "username_taken"));
    api.delete(&anna).await;
    let answer = api.post(json!({"username": api.unique("Anna")})).await;
    assert_eq!((answer.status, answer.code()), (409, "username_taken"));
}

#[tokio::test]
async fn a_body_that_is_too_large_no_json_or_not_there_is_refused() {
    let api = Api::start().await;
    let post = |content_type: &'static str, body: Vec<u8>| {
        api.call("POST", "/customers")
            .header("content-type", content_type)
            .body(body)
            .send()
    };
    let mut large = json!({"username": api.unique("anna")}).to_string().into_bytes();
    large.resize(256 * 1024, b' ');
    assert_eq!(post("application/json", large.clone()).await.status, 201);
    large.push(b' ');
    let answer = post("application/json", large).await;
    assert_eq!((answer.status, answer.code()), (413, "body_too_large"));
    let answer = post("application/x-www-form-urlencoded", b"username=berta".to_vec()).await;
    assert_eq!((answer.status, answer.code()), (415, "unsupported_media_type"));
    for body in [&b"{\"username\":"[..], b"\xff\xfe", b"{} {}", b"[1]"] {
        assert_eq!(post("application/json", body.to_vec()).await.status, 400);
    }
    assert_eq!(
        api.call("POST", "/customers").send().await.faults(),
        [" required"]
    );
}
