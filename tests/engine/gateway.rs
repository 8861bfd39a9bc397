//! What the gateway of this machine does alone: API Gateway answers these itself, or AWS does not say how it does.

use tests::{TestApp, path_of};

#[tokio::test]
async fn a_browser_may_ask_without_a_token_what_it_may_send_and_learns_nothing() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    for path in [
        "/customers".to_owned(),
        path_of(&anna),
        "/nowhere/at/all".to_owned(),
    ] {
        let answer = app
            .request("OPTIONS", &path)
            .header("Origin", "https://origin.that.nobody.named.example")
            .header("Access-Control-Request-Method", "PATCH")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 204, "{path}");
        assert!(!answer.headers().contains_key("access-control-allow-origin"));
        assert_eq!(answer.text().await.unwrap(), "");
    }
}

#[tokio::test]
async fn a_slash_more_is_another_path_and_an_encoded_one_is_part_of_an_id() {
    let app = TestApp::start().await;
    let answer = app.get("/customers/").await;
    assert_eq!((answer.status, answer.code()), (404, "unknown_route"));
    let answer = app.get("/customers/a%2Fb").await;
    assert_eq!(
        (answer.status, answer.faults()),
        (400, vec!["/id invalid_format".to_owned()])
    );
}

#[tokio::test]
async fn anything_but_the_plain_tokens_is_nobody() {
    let app = TestApp::start().await;
    for token in [
        "admin",
        "Operator",
        "customer:",
        "customer:7",
        "operator reader",
        "eyJhbGciOiJub25lIn0.e30.",
    ] {
        let answer = app.call_as(token, "GET", "/permissions").send().await;
        assert_eq!(
            (answer.status, answer.code()),
            (401, "unauthenticated"),
            "{token}"
        );
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}
