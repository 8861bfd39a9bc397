use serde_json::json;
use tests::{READER, TestApp, customer_token, path_of};

#[tokio::test]
async fn a_write_happens_only_to_the_version_that_if_match_names() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let path = path_of(&anna);
    let restore = format!("{path}/restore");
    // Each line: the request, the tag it is sent with, and its status. The version is 1 at first and moves with
    // every 200.
    for (method, path, tag, status) in [
        ("PATCH", &path, "\"2\"", 412),
        ("PATCH", &path, "W/\"1\"", 412),
        ("PATCH", &path, "\"1-masked\"", 412),
        ("PATCH", &path, "\"0\", \"x\", W/\"1\"", 412),
        ("PATCH", &path, "\"0\", \"1\"", 200),
        ("PATCH", &path, "\"1\"", 412),
        ("PUT", &path, "*", 200),
        ("DELETE", &path, "\"2\"", 412),
        ("DELETE", &path, "\"3\"", 200),
        ("DELETE", &path, "\"3\"", 412),
        ("DELETE", &path, "\"4\"", 200),
        ("POST", &restore, "\"3\"", 412),
        ("POST", &restore, "\"4\"", 200),
        ("DELETE", &path, "*", 200),
    ] {
        let call = app.call(method, path).header("if-match", tag);
        let call = if method.starts_with('P') && path != &restore {
            call.json(json!({"name": "new"}))
        } else {
            call
        };
        let answer = call.send().await;
        assert_eq!(answer.status, status, "{method} {path} {tag}: {answer:?}");
    }
    assert_eq!(app.get(&path).await.header("etag"), "\"6\"");
}

#[tokio::test]
async fn a_rename_too_happens_only_to_the_version_that_if_match_names() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    for (username, tag, status) in [
        ("berta", "\"2\"", 412),
        ("berta", "W/\"1\"", 412),
        ("berta", "\"1\"", 200),
        ("BERTA", "\"1\"", 412),
        ("BERTA", "\"2\"", 200),
    ] {
        let call = app.call("PATCH", &path_of(&anna)).header("if-match", tag);
        assert_eq!(
            call.json(json!({"username": username})).send().await.status,
            status,
            "{username} {tag}"
        );
    }
    assert_eq!(app.items().await.len(), 2);
}

#[tokio::test]
async fn what_is_unknown_or_deleted_is_said_before_what_is_stale() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    app.delete(&anna).await;
    let stale = |path: &str| {
        app.call("PATCH", path)
            .header("if-match", "\"9\"")
            .json(json!({}))
            .send()
    };
    assert_eq!(stale(&path_of(&anna)).await.status, 409);
    assert_eq!(
        stale("/customers/5e4a0680-804e-11ec-8477-2fea5968d85b")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_malformed_condition_is_refused_rather_than_ignored() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    for tag in ["1", "\"1", "\"1\" \"2\"", "*, \"1\""] {
        let answer = app
            .call("DELETE", &path_of(&anna))
            .header("if-match", tag)
            .send()
            .await;
        assert_eq!(
            (answer.status, answer.faults()),
            (400, vec!["/if-match invalid_format".to_owned()]),
            "{tag}"
        );
        let answer = app
            .call("GET", &path_of(&anna))
            .header("if-none-match", tag)
            .send()
            .await;
        assert_eq!(
            (answer.status, answer.faults()),
            (400, vec!["/if-none-match invalid_format".to_owned()]),
            "{tag}"
        );
    }
    assert_eq!(app.get(&path_of(&anna)).await.body, anna);
}

#[tokio::test]
async fn who_has_the_current_version_gets_304_without_a_body() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    for (tag, status) in [
        ("\"1\"", 304),
        ("W/\"1\"", 304),
        ("\"0\", \"1\"", 304),
        ("*", 304),
        ("\"2\"", 200),
        ("\"1-masked\"", 200),
    ] {
        let answer = app
            .call("GET", &path_of(&anna))
            .header("if-none-match", tag)
            .send()
            .await;
        assert_eq!((answer.status, answer.header("etag")), (status, "\"1\""), "{tag}");
        assert_eq!(answer.body.is_null(), status == 304);
    }
}

#[tokio::test]
async fn masked_and_clear_representations_have_tags_of_their_own() {
    let app = TestApp::start().await;
    let anna = app
        .post(json!({"username": "anna", "line_secret": "made-up"}))
        .await
        .body;
    let get = |token: &str, tag: &str| {
        app.call_as(token, "GET", &path_of(&anna))
            .header("if-none-match", tag)
            .send()
    };
    assert_eq!(
        get(READER, "\"1\"").await.status,
        200,
        "a reader does not have what an operator has"
    );
    assert_eq!(get(READER, "\"1-masked\"").await.status, 304);
    assert_eq!(get(&customer_token(&anna), "\"1\"").await.status, 304);
}
