//! The credentials with which `listen` asks a registry, against a registry and a token issuer that accept just these.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::json;
use tokio::net::TcpListener;

use super::listening::{Listening, Message, SECRET, listen};

const CUSTOMER: &str = "5e4a0680-804e-11ec-8477-2fea00000001";

/// Serves this router and returns its URL.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn a_client_gets_a_token_and_a_new_one_when_that_has_expired() {
    let issued = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&issued);
    let issue = async move |headers: HeaderMap| {
        assert_eq!(headers["authorization"], "Basic Y2xpZW50OnBsYW50ZWQtc2VjcmV0");
        let token = format!("token-{}", count.fetch_add(1, Ordering::SeqCst) + 1);
        json!({"access_token": token}).to_string()
    };
    let issuer = serve(Router::new().route("/oauth2/token", post(issue))).await;
    // The first token has expired when the secret is asked for.
    let registry = async |request: Request| {
        let token = request.headers()["authorization"].to_str().unwrap();
        match (request.uri().path(), token) {
            ("/permissions", "Bearer token-1") => (StatusCode::OK, String::new()),
            (path, "Bearer token-2") if path == format!("/customers/{CUSTOMER}/webhook") => {
                (StatusCode::OK, json!({"secret": SECRET}).to_string())
            }
            _ => (StatusCode::UNAUTHORIZED, String::new()),
        }
    };
    let api = serve(Router::new().fallback(registry)).await;
    let mut by_client = listen(&["--api", &api]);
    by_client
        .env("CUSTOMERS_TOKEN_ENDPOINT", format!("{issuer}/oauth2/token"))
        .env("CUSTOMERS_CLIENT_ID", "client")
        .env("CUSTOMERS_CLIENT_SECRET", "planted-secret");
    let mut listening = Listening::run(by_client, false).await;
    for version in 1..=2 {
        let message = Message::new(SECRET, &format!("{CUSTOMER}.{version}"));
        assert_eq!(listening.send(&message).await.status(), 204);
        assert!(listening.next().await.contains("customer.updated"));
    }
    assert_eq!(issued.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_clients_id_and_secret_are_form_encoded_before_they_are_joined() {
    // The base64 text of `own%3Aid%25%2B+%C3%A4:planted%3A%25%2B+%C3%9F%26%3D` (RFC 6749, 2.3.1).
    const BASIC: &str = "Basic b3duJTNBaWQlMjUlMkIrJUMzJUE0OnBsYW50ZWQlM0ElMjUlMkIrJUMzJTlGJTI2JTNE";
    let issue = async |headers: HeaderMap| match headers["authorization"] == BASIC {
        true => (StatusCode::OK, json!({"access_token": "issued"}).to_string()),
        false => (StatusCode::UNAUTHORIZED, String::new()),
    };
    let issuer = serve(Router::new().route("/oauth2/token", post(issue))).await;
    let api = serve(Router::new().fallback(async || StatusCode::OK)).await;
    let mut by_client = listen(&["--api", &api]);
    by_client
        .env("CUSTOMERS_TOKEN_ENDPOINT", format!("{issuer}/oauth2/token"))
        .env("CUSTOMERS_CLIENT_ID", "own:id%+ ä")
        .env("CUSTOMERS_CLIENT_SECRET", "planted:%+ ß&=");
    let listening = Listening::run(by_client, false).await;
    assert!(listening.greeting.contains(&api), "{}", listening.greeting);
}
