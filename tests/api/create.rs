use serde_json::{Value, json};
use tests::TestApp;

fn full() -> Value {
    json!({
        "username": "Anna@example.com",
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
    let app = TestApp::start().await;
    let answer = app.post(json!({"username": "anna"})).await;
    assert_eq!(answer.status, 201);
    let customer = &answer.body;
    assert_eq!(
        answer.header("location"),
        format!("/customers/{}", customer["id"].as_str().unwrap())
    );
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
    let app = TestApp::start().await;
    let created = app.post(full()).await.body;
    for (field, value) in full().as_object().unwrap() {
        assert_eq!(&created[field], value, "{field}");
    }
    let read = app.get(&tests::path_of(&created)).await;
    assert_eq!(read.body, created);
}

#[tokio::test]
async fn all_faults_are_reported_at_once_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let answer = app
        .post(json!({
            "username": "a b", "name": "n".repeat(256), "webhook_uri": "http://169.254.169.254/latest",
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
            "/username invalid_format",
            "/webhook_uri not_allowed",
        ]
    );
    assert_eq!(app.items().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_repeated_key_is_a_fault_although_json_parsers_take_the_last() {
    let app = TestApp::start().await;
    let answer = app
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
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let answer = app.post(json!({"username": "ANNA"})).await;
    assert_eq!((answer.status, answer.code()), (409, "username_taken"));
    app.delete(&anna).await;
    let answer = app.post(json!({"username": "Anna"})).await;
    assert_eq!((answer.status, answer.code()), (409, "username_taken"));
    assert_eq!(app.items().await.len(), 2, "one customer and one guard");
}

#[tokio::test]
async fn a_body_that_is_too_large_no_json_or_not_there_is_refused() {
    let app = TestApp::start().await;
    let post = |content_type: &'static str, body: Vec<u8>| {
        app.call("POST", "/customers")
            .header("content-type", content_type)
            .body(body)
            .send()
    };
    let mut large = br#"{"username":"anna"}"#.to_vec();
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
        app.call("POST", "/customers").send().await.faults(),
        [" required"]
    );
}
