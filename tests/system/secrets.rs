//! Secrets in the functions' logs.

use serde_json::{Value, json};
use tests::TestApp;
use tests::proxy::{Fault, Proxy};
use tests::runtime::Function;

use crate::binaries::{self, ID};

/// Text that occurs only in the secrets that the test sends.
const PLANTED: [&str; 5] = [
    "planted-secret",
    "planted/token",
    "planted-new",
    "planted-invalid",
    "planted-session",
];

/// A file in `events/` with another body and without a condition.
fn event(name: &str, body: Option<Value>) -> Value {
    let mut event = binaries::event(name);
    if let Some(body) = body {
        event["body"] = json!(body.to_string());
        event["isBase64Encoded"] = json!(false);
    }
    event["headers"].as_object_mut().unwrap().remove("if-match");
    event
}

/// A batch of the stream whose items have the planted secrets.
fn planted(batch: Value) -> Value {
    let text = batch.to_string().replace("made-up-secret", PLANTED[0]);
    serde_json::from_str(&text).unwrap()
}

/// A delivery to an address that nobody has.
fn delivery() -> Value {
    let mut batch = binaries::event("deliver-webhook");
    let body = json!({"id": format!("{ID}.1"), "customer_id": ID, "is_test": false, "event": {}});
    batch["Records"][0]["body"] = json!(body.to_string());
    batch
}

#[tokio::test]
async fn no_log_line_at_any_level_contains_a_secret() {
    let app = TestApp::start().await;
    let proxy = Proxy::start(app.server.dynamodb).await;
    app.seed(ID, "ben@example.com", "2022-02-01 00:00:00.000000")
        .await;
    let secrets = json!({"line_secret": "planted-secret", "line_token": "planted/token"});
    let mut with_address = secrets.clone();
    with_address["webhook_uri"] = json!("https://no-such-host.invalid/");
    let mut new = secrets.clone();
    new["username"] = json!("anna");
    let mut taken = secrets.clone();
    taken["username"] = json!("ben@example.com");
    let invalid = json!({"line_secret": "planted-invalid\u{7}", "planted-new": "planted-new"});
    let stale = |mut event: Value| {
        event["headers"]["if-match"] = json!("\"99\"");
        event
    };

    let mut logs = String::new();
    for (binary, events) in [
        (
            "create-customer",
            vec![
                event("create-customer", Some(new)),
                event("create-customer", Some(taken)),
                event("create-customer", Some(invalid.clone())),
                event("create-customer", Some(json!("planted-invalid"))),
            ],
        ),
        (
            "update-customer",
            vec![
                event("update-customer", Some(with_address)),
                event(
                    "update-customer",
                    Some(json!({"username": "carla", "line_secret": "planted-new"})),
                ),
                event("update-customer", Some(invalid)),
                // The database's refusal contains the stored item with its secrets.
                stale(event("update-customer", Some(secrets))),
            ],
        ),
        ("get-customer", vec![event("get-customer", None)]),
        ("list-customers", vec![event("list-customers", None)]),
        (
            "delete-customer",
            vec![
                stale(event("delete-customer", None)),
                event("delete-customer", None),
            ],
        ),
        ("restore-customer", vec![event("restore-customer", None)]),
        ("get-webhook", vec![event("get-webhook", None)]),
        (
            "rotate-webhook-secret",
            vec![event("rotate-webhook-secret", None)],
        ),
        ("test-webhook", vec![event("test-webhook", None)]),
        ("publish-events", vec![planted(binaries::event("publish-events"))]),
        ("deliver-webhook", vec![delivery()]),
    ] {
        let variables = [
            ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
            ("RUST_LOG", "trace"),
            ("AWS_SESSION_TOKEN", "planted-session"),
        ];
        let function = Function::start_at(binary, &app.server, proxy.address, &variables).await;
        function.ready().await;
        for event in events {
            function.invoke(event.clone()).await;
            for fault in [
                Fault::HalfDocument,
                Fault::Refuse(500, "InternalServerError"),
                Fault::DropAfter,
            ] {
                proxy.inject([fault; 4]);
                function.invoke(event.clone()).await;
                proxy.heal();
            }
            proxy.inject([Fault::Refuse(400, "ValidationException")]);
            function.invoke(event).await;
            proxy.heal();
        }
        logs += &function.end().await;
    }
    let items = app.items().await;
    let mut of_webhook = items
        .iter()
        .filter(|item| item["pk"]["S"] == format!("webhook#{ID}"));
    let of_webhook = of_webhook.next().expect("its secret was made");
    for secret in ["secret", "previous_secret"] {
        let secret = of_webhook[secret]["S"].as_str().unwrap();
        assert!(secret.starts_with("whsec_"));
        assert!(!logs.contains(secret), "a signing secret was logged");
    }
    assert!(!logs.contains("whsec_"), "a signing secret was logged");
    assert!(
        logs.lines().count() > 60,
        "too few log lines to prove anything: {logs}"
    );
    for secret in PLANTED {
        let line = logs.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} was logged");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_sent_is_not_quoted_in_the_log() {
    let app = TestApp::start().await;
    let new = json!({"username": "anna", "line_secret": "planted-secret", "line_token": "planted/token"});
    let variables = [("AWS_ENDPOINT_URL_DYNAMODB", "http://")];
    let function = binaries::start(&app, "create-customer", &variables).await;
    let answer = function.invoke(event("create-customer", Some(new))).await;
    assert_eq!(answer["statusCode"], 503, "{answer}");
    let log = function.end().await;
    assert!(log.contains("failed to apply endpoint"), "{log}");
    for secret in PLANTED {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_sent_is_not_quoted_in_the_log() {
    let app = TestApp::start().await;
    for variable in ["AWS_ENDPOINT_URL_EVENTBRIDGE", "AWS_ENDPOINT_URL_SQS"] {
        let function = binaries::start(&app, "publish-events", &[(variable, "http://")]).await;
        let answer = function.invoke(binaries::event("publish-events")).await;
        assert_eq!(
            answer["batchItemFailures"].as_array().unwrap().len(),
            1,
            "{answer}"
        );
        let log = function.end().await;
        assert!(log.contains("failed to apply endpoint"), "{log}");
        assert!(!log.contains("Ben & daughters"), "{log}");
    }
}
