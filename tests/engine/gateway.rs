//! Behaviour of the local gateway that a deployment may not share: API Gateway answers these requests itself, or AWS
//! does not document its answer.

use tests::{TestApp, path_of};

#[tokio::test]
async fn a_preflight_needs_no_token_and_gets_no_cors_headers_for_an_unknown_origin() {
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
async fn a_trailing_slash_is_another_path_and_an_encoded_slash_is_part_of_the_id() {
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
async fn any_other_token_is_unauthenticated() {
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
