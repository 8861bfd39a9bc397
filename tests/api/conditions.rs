//! Conditional requests: `If-Match` and `If-None-Match`.

use serde_json::json;
use tests::{Api, READER, customer_token, path_of};

#[tokio::test]
async fn a_write_happens_only_to_the_version_that_if_match_names() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let path = path_of(&anna);
    let restore = format!("{path}/restore");
    // Each line: a request, its tag, its status. The version is 1 at first and grows with each 200 that changes
    // something: deleting again does not.
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
        let call = api.call(method, path).header("if-match", tag);
        let call = if method.starts_with('P') && path != &restore {
            call.json(json!({"name": "new"}))
        } else {
            call
        };
        let answer = call.send().await;
        assert_eq!(answer.status, status, "{method} {path} {tag}: {answer:?}");
    }
    assert_eq!(api.get(&path).await.header("etag"), "\"6\"");
}

#[tokio::test]
async fn a_rename_too_happens_only_to_the_version_that_if_match_names() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    for (username, tag, status) in [
        ("berta", "\"2\"", 412),
        ("berta", "W/\"1\"", 412),
        ("berta", "\"1\"", 200),
        ("BERTA", "\"1\"", 412),
        ("BERTA", "\"2\"", 200),
    ] {
        let call = api.call("PATCH", &path_of(&anna)).header("if-match", tag);
        let answer = call.json(json!({"username": api.unique(username)})).send().await;
        assert_eq!(answer.status, status, "{username} {tag}");
    }
}

#[tokio::test]
async fn unknown_and_deleted_win_over_stale() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    api.delete(&anna).await;
    let unknown = "/customers/5e4a0680-804e-11ec-8477-2fea5968d85b".to_owned();
    for (path, status) in [(path_of(&anna), 409), (unknown, 404)] {
        let call = api.call("PATCH", &path).header("if-match", "\"9\"");
        assert_eq!(call.json(json!({})).send().await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_malformed_condition_is_refused_rather_than_ignored() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    for tag in ["1", "\"1", "\"1\" \"2\"", "*, \"1\""] {
        for (method, header) in [("DELETE", "if-match"), ("GET", "if-none-match")] {
            let call = api.call(method, &path_of(&anna)).header(header, tag);
            let answer = call.send().await;
            assert_eq!(
                (answer.status, answer.faults()),
                (400, vec![format!("/{header} invalid_format")]),
                "{tag}"
            );
        }
    }
    assert_eq!(api.get(&path_of(&anna)).await.body, anna);
}

#[tokio::test]
async fn who_has_the_current_version_gets_304_without_a_body() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    for (tag, status) in [
        ("\"1\"", 304),
        ("W/\"1\"", 304),
        ("\"0\", \"1\"", 304),
        ("*", 304),
        ("\"2\"", 200),
        ("\"1-masked\"", 200),
    ] {
        let answer = api
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
    let api = Api::start().await;
    let new = json!({"username": api.unique("anna"), "line_secret": "made-up"});
    let anna = api.post(new).await.body;
    for (token, tag, status) in [
        // What an operator has is not what a reader gets.
        (READER, "\"1\"", 200),
        (READER, "\"1-masked\"", 304),
        (&customer_token(&anna), "\"1\"", 304),
    ] {
        if api.lets_in(token) {
            let call = api.call_as(token, "GET", &path_of(&anna));
            let answer = call.header("if-none-match", tag).send().await;
            assert_eq!(answer.status, status, "{token} {tag}");
        }
    }
}
