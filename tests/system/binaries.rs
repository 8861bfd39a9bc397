//! The real binaries, driven through the Lambda Runtime API with every file in `events/`.

use serde_json::{Value, json};
use tests::TestApp;
use tests::runtime::Function;

/// The customer that the events are about.
pub const ID: &str = "5e4a0680-804e-11ec-8477-2fea5968d85b";

pub fn event(name: &str) -> Value {
    serde_json::from_str(&tests::read(format!("events/{name}.json"))).unwrap()
}

/// Starts a function's binary against the test's database.
pub async fn start(app: &TestApp, binary: &str, variables: &[(&str, &str)]) -> Function {
    Function::start(binary, &app.server, variables).await
}

pub fn body(answer: &Value) -> Value {
    answer["body"]
        .as_str()
        .map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

/// A file in `events/`, the binary it is sent to, the expected status, and a value expected in the answer.
pub type Case = (&'static str, &'static str, u16, (&'static str, Value));

/// Every event, in the order in which to send them: later ones rely on what earlier ones did to [`ID`].
pub fn cases() -> Vec<Case> {
    vec![
        (
            "create-customer",
            "create-customer",
            201,
            ("/username", json!("anna@example.com")),
        ),
        (
            "create-customer",
            "create-customer",
            201,
            ("/username", json!("anna@example.com")),
        ),
        (
            "create-customer-base64",
            "create-customer",
            201,
            ("/name", json!("José's calls")),
        ),
        ("get-customer", "get-customer", 200, ("/id", json!(ID))),
        (
            "list-customers",
            "list-customers",
            200,
            ("/result/1/username", json!("anna@example.com")),
        ),
        (
            "list-customers-by-username",
            "list-customers",
            200,
            ("/result/0/id", json!(ID)),
        ),
        (
            "update-customer",
            "update-customer",
            200,
            ("/name", json!("Ben & daughters")),
        ),
        (
            "update-customer",
            "update-customer",
            412,
            ("/code", json!("precondition_failed")),
        ),
        (
            "update-customer-put",
            "update-customer",
            200,
            ("/line_token", json!("another/made-up+token=")),
        ),
        (
            "restore-customer",
            "restore-customer",
            409,
            ("/code", json!("customer_not_deleted")),
        ),
        ("delete-customer", "delete-customer", 200, ("/id", json!(ID))),
        (
            "restore-customer",
            "restore-customer",
            200,
            ("/tm_delete", json!("9999-01-01 00:00:00.000000")),
        ),
        ("get-webhook", "get-webhook", 200, ("/state", json!("enabled"))),
        (
            "rotate-webhook-secret",
            "rotate-webhook-secret",
            200,
            ("/state", json!("enabled")),
        ),
        ("test-webhook", "test-webhook", 202, ("/code", json!(null))),
        ("list-events", "list-events", 200, ("/code", json!(null))),
        (
            "redeliver-event",
            "redeliver-event",
            202,
            ("/id", json!(format!("{ID}.2"))),
        ),
        ("delete-customer", "delete-customer", 200, ("/id", json!(ID))),
        ("erase-customer", "erase-customer", 200, ("/id", json!(ID))),
        (
            "list-permissions",
            "list-permissions",
            200,
            ("/result/0/name", json!("admin")),
        ),
        (
            "unknown-route",
            "unknown-route",
            404,
            ("/code", json!("unknown_route")),
        ),
    ]
}

/// Waits for what an event needs and what comes later than the answers before it: a row of the history.
pub async fn wait_for_its_row(app: &TestApp, file: &str) {
    if file == "redeliver-event" {
        app.events(&json!({"id": ID}), 2).await;
    }
}

/// The functions that are called with a batch. The event of each has the function's name, and none of it fails.
pub const BATCHES: [&str; 2] = ["publish-events", "deliver-webhook"];

/// Checks the answer to a batch.
pub fn check_batch(binary: &str, answer: &Value) {
    assert_eq!(*answer, json!({"batchItemFailures": []}), "{binary}");
}

/// Checks an answer against its case.
pub fn check((file, _, status, (pointer, value)): &Case, answer: &Value) {
    assert_eq!(answer["statusCode"], *status, "{file}: {answer}");
    let body = body(answer);
    assert_eq!(
        body.pointer(pointer).unwrap_or(&Value::Null),
        value,
        "{file}: {answer}"
    );
    assert_eq!(answer["headers"]["x-request-id"], format!("event-{file}"));
}

#[tokio::test]
async fn every_event_gets_its_expected_answer() {
    let app = TestApp::start().await;
    app.seed(ID, "ben@example.com", "2022-02-01 00:00:00.000000")
        .await;
    for case in cases() {
        let (file, binary, ..) = case;
        wait_for_its_row(&app, file).await;
        let function = start(&app, binary, &[]).await;
        check(&case, &function.invoke(event(file)).await);
    }
    for binary in BATCHES {
        let function = start(&app, binary, &[]).await;
        check_batch(binary, &function.invoke(event(binary)).await);
    }
    assert_eq!(
        app.get("/customers").await.result().len(),
        2,
        "the repeated event created no customer, and one is erased"
    );
}

#[tokio::test]
async fn a_function_answers_one_event_after_another() {
    let app = TestApp::start().await;
    app.seed(ID, "ben@example.com", "2022-02-01 00:00:00.000000")
        .await;
    let function = start(&app, "get-customer", &[]).await;
    for _ in 0..5 {
        assert_eq!(function.invoke(event("get-customer")).await["statusCode"], 200);
    }
}

#[tokio::test]
async fn every_function_answers_401_to_an_event_without_an_authorizer_context() {
    let app = TestApp::start().await;
    for (binary, _) in local::functions::FUNCTIONS {
        let function = start(&app, binary, &[]).await;
        let mut nobody = event(binary);
        nobody["requestContext"]
            .as_object_mut()
            .unwrap()
            .remove("authorizer");
        for event in [nobody, json!({}), json!({"Records": []})] {
            assert_eq!(function.invoke(event).await["statusCode"], 401, "{binary}");
        }
    }
    assert_eq!(app.items().await.len(), 0);
}

#[tokio::test]
async fn plain_tokens_are_accepted_only_under_sam_local() {
    let app = TestApp::start().await;
    let mut unattested = event("list-permissions");
    unattested["requestContext"]
        .as_object_mut()
        .unwrap()
        .remove("authorizer");
    for (variables, status) in [
        (&[][..], 401),
        (&[("AWS_SAM_LOCAL", "true")], 200),
        (&[("AWS_SAM_LOCAL", "false")], 401),
        (&[("AWS_SAM_LOCAL", "")], 401),
    ] {
        let function = start(&app, "list-permissions", variables).await;
        assert_eq!(
            function.invoke(unattested.clone()).await["statusCode"],
            status,
            "{variables:?}"
        );
    }
}

#[tokio::test]
async fn every_call_writes_one_json_log_line_with_its_request_id() {
    let app = TestApp::start().await;
    let function = start(&app, "get-customer", &[]).await;
    function.invoke(event("get-customer")).await;
    let output = function.end().await;
    let lines: Vec<Value> = output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [line] = &lines[..] else { panic!("{output}") };
    for (field, value) in [
        ("request_id", json!("event-get-customer")),
        ("route", json!("GET /customers/{id}")),
        ("method", json!("GET")),
        ("status", json!(404)),
        ("caller", json!("operator")),
        ("code", json!("customer_not_found")),
        ("level", json!("INFO")),
    ] {
        assert_eq!(line[field], value, "{field}");
    }
    assert!(line["duration_ms"].as_f64().unwrap() > 0.0);
}
