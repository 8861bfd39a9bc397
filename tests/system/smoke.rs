//! The command `smoke`, against working servers and faulty ones.

mod cleanup;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use tests::moving::Run;
use tests::process::command;
use tests::{OPERATOR, READER, TestApp};
use tokio::net::TcpListener;
use tokio::process::Command;

/// Runs the command with these `CUSTOMERS_` variables and no others.
async fn smoke(url: &str, variables: &[(&str, &str)]) -> Run {
    let mut smoke = Command::from(command(&["smoke", url]));
    smoke.envs(variables.iter().copied());
    smoke.output().await.expect("the binary runs").into()
}

async fn smoke_with_token(url: &str, token: &str) -> Run {
    smoke(url, &[("CUSTOMERS_TOKEN", token)]).await
}

/// The URL of the served API.
fn url(app: &TestApp, path: &str) -> String {
    format!("http://{}{path}", app.address)
}

/// Serves this router and returns its URL.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn assert_failed(run: &Run, pieces: &[&str]) {
    assert_eq!(run.code, Some(1), "{run:?}");
    for piece in pieces {
        assert!(run.said.contains(piece), "{piece}: {run:?}");
    }
}

/// Whether nothing is left but the tombstone of one customer.
async fn is_erased(app: &TestApp) -> bool {
    let items = app.items().await;
    tests::invariants::check(app).await;
    items.len() == 2 && items.iter().all(|item| item.get("erased_at").is_some())
}

#[tokio::test]
async fn a_working_registry_passes_and_keeps_nothing_of_the_customer_named_as_a_smoke_test() {
    let app = TestApp::start().await;
    let run = smoke_with_token(&url(&app, "/"), OPERATOR).await;
    assert_eq!(run.code, Some(0), "{run:?}");
    let lines: Vec<_> = run.said.lines().collect();
    let (total, steps) = lines.split_last().unwrap();
    assert!(total.starts_with("passed in "), "{run:?}");
    assert_eq!(steps.len(), 19, "{run:?}");
    for step in steps {
        assert!(step.starts_with("ok ") && step.contains(" ms  "), "{step}");
    }
    assert!(is_erased(&app).await);
    assert!(
        run.said.contains("201: smoke-test-") && run.said.contains("the record stays"),
        "{run:?}"
    );
}

#[tokio::test]
async fn a_token_without_permission_fails_with_the_answers_code_and_is_never_shown() {
    let app = TestApp::start().await;
    let run = smoke_with_token(&url(&app, ""), "planted-token").await;
    assert_failed(&run, &["answered 401 unauthenticated"]);
    assert!(!run.said.contains("planted-token"), "{run:?}");
    assert_failed(
        &smoke_with_token(&url(&app, ""), READER).await,
        &["create", "answered 403 forbidden"],
    );
    assert_eq!(app.items().await.len(), 0);
}

/// Passes a request on to the API at `base`.
async fn forward(base: &str, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let call = tests::client().request(parts.method, format!("{base}{}", parts.uri));
    let answer = call.headers(parts.headers).body(body).send().await.unwrap();
    (
        answer.status(),
        answer.headers().clone(),
        answer.text().await.unwrap(),
    )
        .into_response()
}

#[tokio::test]
async fn a_server_that_is_not_a_registry_fails_and_its_answers_are_not_repeated() {
    let echo = async |headers: HeaderMap| format!("{headers:?}");
    let url = serve(Router::new().fallback(echo)).await;
    let run = smoke_with_token(&url, "planted-token").await;
    assert_failed(&run, &["answered 200, not 401"]);
    // This server repeats the token in every part of its answer that the command would show.
    let hostile = async |headers: HeaderMap| {
        let Some(token) = headers.get("authorization") else {
            return (StatusCode::UNAUTHORIZED, HeaderMap::new(), String::new());
        };
        let text = token.to_str().unwrap();
        let body = json!({"code": text, "error": text, "request_id": text}).to_string();
        let echo = HeaderMap::from_iter([(HeaderName::from_static("x-request-id"), token.clone())]);
        (StatusCode::BAD_REQUEST, echo, body)
    };
    let run = smoke_with_token(&serve(Router::new().fallback(hostile)).await, "planted-token").await;
    assert_failed(&run, &["answered 400, not 200"]);
    assert!(!run.said.contains("planted-token"), "{run:?}");
}

#[tokio::test]
async fn a_refused_connection_is_reported_as_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for scheme in ["http", "https"] {
        let run = smoke_with_token(&format!("{scheme}://{address}"), OPERATOR).await;
        assert_failed(&run, &["cannot connect", "refused"]);
    }
}

#[tokio::test]
async fn a_token_is_fetched_by_client_credentials_and_the_secret_is_never_shown() {
    let app = TestApp::start().await;
    let issue = async |headers: HeaderMap, body: String| {
        let is_client = headers["authorization"] == "Basic Y2xpZW50OnBsYW50ZWQtc2VjcmV0";
        let is_grant = body == "grant_type=client_credentials&scope=customers%2Fwrite";
        match is_client && is_grant {
            true => (StatusCode::OK, json!({"access_token": OPERATOR}).to_string()),
            false => (
                StatusCode::UNAUTHORIZED,
                json!({"error": "invalid_client"}).to_string(),
            ),
        }
    };
    let issuer = serve(Router::new().route("/oauth2/token", post(issue))).await;
    let endpoint = format!("{issuer}/oauth2/token");
    let variables = |secret| {
        [
            ("CUSTOMERS_TOKEN_ENDPOINT", endpoint.as_str()),
            ("CUSTOMERS_CLIENT_ID", "client"),
            ("CUSTOMERS_CLIENT_SECRET", secret),
        ]
    };
    let run = smoke(&url(&app, ""), &variables("planted-secret")).await;
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(!run.said.contains("planted-secret"), "{run:?}");
    let run = smoke(&url(&app, ""), &variables("planted-other-secret")).await;
    assert_failed(&run, &["FAILED  token", "answered 401 invalid_client, not 200"]);
    assert!(!run.said.contains("planted-other-secret"), "{run:?}");
}

#[tokio::test]
async fn wrong_arguments_or_variables_exit_with_status_2_and_the_reason() {
    let token = ("CUSTOMERS_TOKEN", OPERATOR);
    for (url, variables, reason) in [
        ("customers.example.com", vec![token], "must be a URL"),
        (
            "ftp://customers.example.com",
            vec![token],
            "must begin with https",
        ),
        (
            "http://customers.example.com",
            vec![token],
            "the token would be sent unencrypted",
        ),
        ("https://operator@customers.example.com", vec![token], "no user"),
        ("https://customers.example.com", vec![], "set CUSTOMERS_TOKEN"),
        (
            "https://customers.example.com",
            vec![
                ("CUSTOMERS_CLIENT_ID", "client"),
                ("CUSTOMERS_TOKEN_ENDPOINT", "https://a.example"),
            ],
            "CUSTOMERS_CLIENT_SECRET is not set",
        ),
    ] {
        let run = smoke(url, &variables).await;
        assert_eq!(run.code, Some(2), "{url}: {run:?}");
        assert!(run.said.contains(reason), "{url}: {run:?}");
    }
}
