use serde_json::json;
use tests::{TestApp, path_of};

#[tokio::test]
async fn a_path_that_is_not_there_is_404_and_a_method_that_is_not_there_405_with_allow() {
    let app = TestApp::start().await;
    for path in [
        "/",
        "/customer",
        "/customers/",
        "/customers/7/x",
        "/customers/7/restore/x",
        "/docs.html",
    ] {
        let answer = app.get(path).await;
        assert_eq!((answer.status, answer.code()), (404, "unknown_route"), "{path}");
    }
    for (method, path, allow) in [
        ("PUT", "/customers", "GET, POST"),
        ("POST", "/customers/7", "DELETE, GET, PATCH, PUT"),
        ("GET", "/customers/7/restore", "POST"),
        ("DELETE", "/permissions", "GET"),
    ] {
        let answer = app.call(method, path).send().await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, allow),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own_and_a_problem_repeats_it() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let (one, other) = (app.get(&path_of(&anna)).await, app.get(&path_of(&anna)).await);
    assert_ne!(one.header("x-request-id"), "");
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
    let problem = app.get("/nowhere").await;
    assert_eq!(problem.body["request_id"], json!(problem.header("x-request-id")));
    assert_eq!(problem.body["instance"], "/nowhere");
    assert_eq!(problem.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn no_answer_may_be_kept_by_a_shared_cache() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    for path in [path_of(&anna), "/customers".to_owned(), "/nowhere".to_owned()] {
        assert_eq!(app.get(&path).await.header("cache-control"), "private, no-cache");
    }
}

#[tokio::test]
async fn a_browser_may_ask_without_a_token_what_it_may_send_and_learns_nothing() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    for path in [
        "/customers".to_owned(),
        path_of(&anna),
        "/nowhere/at/all".to_owned(),
    ] {
        let url = format!("http://{}{path}", app.address);
        let request = tests::client()
            .request(reqwest::Method::OPTIONS, url)
            .header("Origin", "https://console.example.com")
            .header("Access-Control-Request-Method", "PATCH");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 204, "{path}");
        // Which origins may go on, API Gateway says, where a deployment names any.
        assert!(!answer.headers().contains_key("access-control-allow-origin"));
        assert_eq!(answer.text().await.unwrap(), "");
    }
}
