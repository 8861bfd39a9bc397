//! What every answer has, and answers to paths and methods that the API does not have.

use serde_json::json;
use tests::{Api, path_of};

#[tokio::test]
async fn an_unknown_path_is_404_and_an_unknown_method_405_with_allow() {
    let api = Api::start().await;
    for path in [
        "/",
        "/customer",
        "/customers/7/x",
        "/customers/7/restore/x",
        "/docs.html",
    ] {
        let answer = api.get(path).await;
        assert_eq!((answer.status, answer.code()), (404, "unknown_route"), "{path}");
    }
    for (method, path, allow) in [
        ("PUT", "/customers", "GET, POST"),
        ("POST", "/customers/7", "DELETE, GET, PATCH, PUT"),
        ("GET", "/customers/7/restore", "POST"),
        ("DELETE", "/permissions", "GET"),
    ] {
        let answer = api.call(method, path).send().await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, allow),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own_and_a_problem_repeats_it() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let (one, other) = (api.get(&path_of(&anna)).await, api.get(&path_of(&anna)).await);
    assert_ne!(one.header("x-request-id"), "");
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
    let problem = api.get("/nowhere").await;
    assert_eq!(problem.body["request_id"], json!(problem.header("x-request-id")));
    assert_eq!(problem.body["instance"], "/nowhere");
    assert_eq!(problem.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn no_answer_may_be_kept_by_a_shared_cache() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    for path in [path_of(&anna), "/customers".to_owned(), "/nowhere".to_owned()] {
        assert_eq!(api.get(&path).await.header("cache-control"), "private, no-cache");
    }
}
