//! What a function does with a faulty event, deadline, environment or database.

use std::time::Duration;

use serde_json::{Value, json};
use tests::TestApp;
use tests::proxy::{Fault, Proxy};
use tests::runtime::{Function, in_milliseconds};

use crate::binaries::{ID, body, event, start};

#[tokio::test]
async fn hostile_events_do_not_crash_a_function() {
    let app = TestApp::start().await;
    let function = start(&app, "create-customer", &[]).await;
    let operator = event("create-customer")["requestContext"].clone();
    for hostile in [
        json!({"body": "not base64!", "isBase64Encoded": true}),
        json!({"rawPath": "/\u{0} ü", "rawQueryString": "%zz", "headers": {"host": "[::", "content-type": "\u{7f}"}}),
        json!({"headers": {"content-type": "application/json"}, "body": "[".repeat(200_000)}),
        json!({"headers": {"content-type": "application/json"}, "body": "{\"username\": 1e400}"}),
        json!({"headers": {"content-type": "application/json", "idempotency-key": "é"}, "body": "{}"}),
    ] {
        let mut event = hostile.clone();
        event["requestContext"] = operator.clone();
        let answer = function.invoke(event).await;
        assert!(
            [400, 415].contains(&answer["statusCode"].as_u64().unwrap()),
            "{hostile} {answer}"
        );
    }
    assert_eq!(
        function.invoke(event("create-customer")).await["statusCode"],
        201,
        "the function must still work"
    );
}

#[tokio::test]
async fn a_claim_that_is_not_text_does_not_hide_the_caller() {
    let app = TestApp::start().await;
    let function = start(&app, "list-permissions", &[]).await;
    let mut event = event("list-permissions");
    event["requestContext"]["authorizer"]["jwt"]["claims"]["auth_time"] = json!(1);
    assert_eq!(function.invoke(event).await["statusCode"], 200);
}

#[tokio::test]
async fn an_unreadable_event_is_401_and_logged_with_the_reason() {
    let app = TestApp::start().await;
    let function = start(&app, "list-permissions", &[]).await;
    let mut event = event("list-permissions");
    event["headers"] = json!("a made-up secret");
    assert_eq!(function.invoke(event).await["statusCode"], 401);
    let output = function.end().await;
    let line: Value = serde_json::from_str(output.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&line["level"], &line["message"]),
        (&json!("ERROR"), &json!("the event cannot be read"))
    );
    let reason = line["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("invalid type: string …, expected an object at line 1"),
        "{reason}"
    );
    assert!(!output.contains("made-up secret"), "{output}");
}

#[tokio::test]
async fn a_deadline_in_the_past_is_ignored() {
    let app = TestApp::start().await;
    let function = start(&app, "list-permissions", &[]).await;
    let answer = function.invoke_by(600_000, event("list-permissions")).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
}

#[tokio::test]
async fn a_call_that_runs_out_of_time_answers_503_and_logs_the_cause() {
    let app = TestApp::start().await;
    let proxy = Proxy::start(app.server.dynamodb).await;
    let function = Function::start_at("get-customer", &app.server, proxy.address, &[]).await;
    function.ready().await;
    proxy.inject([Fault::Swallow; 10]);
    let deadline = in_milliseconds(Duration::from_millis(1250));
    let answer = function.invoke_by(deadline, event("get-customer")).await;
    assert_eq!(
        (&answer["statusCode"], &answer["headers"]["retry-after"]),
        (&json!(503), &json!("1"))
    );
    assert_eq!(body(&answer)["code"], "out_of_time");
    let output = function.end().await;
    let line: Value = serde_json::from_str(output.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&line["level"], &line["code"]),
        (&json!("ERROR"), &json!("out_of_time"))
    );
    let cause = line["cause"].as_str().unwrap();
    assert!(cause.ends_with("ms and did not finish"), "{cause}");
}

#[tokio::test]
async fn a_function_without_its_database_starts_and_answers_503() {
    let app = TestApp::start().await;
    let nowhere = ([127, 0, 0, 1], 9).into();
    let function = Function::start_at("get-customer", &app.server, nowhere, &[]).await;
    function.ready().await;
    let answer = function.invoke(event("get-customer")).await;
    assert_eq!(
        (&answer["statusCode"], &answer["headers"]["retry-after"]),
        (&json!(503), &json!("1"))
    );
}

#[tokio::test]
async fn a_first_read_that_fails_or_hangs_does_not_keep_a_function_from_starting() {
    let app = TestApp::start().await;
    app.seed(ID, "ben@example.com", "2022-02-01 00:00:00.000000")
        .await;
    for fault in [
        Fault::Swallow,
        Fault::DropBefore,
        Fault::Refuse(400, "UnrecognizedClientException"),
    ] {
        let proxy = Proxy::start(app.server.dynamodb).await;
        proxy.inject([fault; 10]);
        let function = Function::start_at("get-customer", &app.server, proxy.address, &[]).await;
        function.ready().await;
        proxy.heal();
        assert_eq!(
            function.invoke(event("get-customer")).await["statusCode"],
            200,
            "{fault:?}"
        );
        let output = function.end().await;
        assert!(
            output.contains("the database"),
            "the log must say that the first read failed: {output}"
        );
    }
}

#[tokio::test]
async fn a_missing_environment_variable_is_named_in_the_error() {
    let app = TestApp::start().await;
    for name in [
        "TABLE_NAME",
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ] {
        let function = start(&app, "get-customer", &[(name, "")]).await;
        let output = function.process.wait_with_output().await.unwrap();
        assert!(!output.status.success(), "{name}");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            text.contains(&format!("the environment variable {name} is not set")),
            "{text}"
        );
    }
}
