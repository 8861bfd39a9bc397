//! Every kind of write, and what the table must hold after it.

use serde_json::Value;
use tests::proxy::Proxy;
use tests::{Answer, TestApp, path_of};

/// A write that is sent over a failing connection.
pub type Write = (&'static str, &'static str, &'static str, Option<&'static str>);

/// Every kind of write: its name, its method, its body, and its `If-Match` or `Idempotency-Key`.
pub const WRITES: [Write; 12] = [
    ("create", "POST", r#"{"username":"dora"}"#, None),
    ("create with a key", "POST", r#"{"username":"dora"}"#, Some("k1")),
    ("update", "PATCH", r#"{"name":"new"}"#, None),
    ("update of a version", "PATCH", r#"{"name":"new"}"#, Some("\"1\"")),
    (
        "update that repeats the username",
        "PATCH",
        r#"{"username":"anna"}"#,
        None,
    ),
    ("change of case", "PATCH", r#"{"username":"ANNA"}"#, Some("\"1\"")),
    ("rename", "PATCH", r#"{"username":"carla"}"#, None),
    (
        "rename of a version",
        "PATCH",
        r#"{"username":"carla"}"#,
        Some("\"1\""),
    ),
    ("delete", "DELETE", "", None),
    ("delete of a version", "DELETE", "", Some("\"1\"")),
    ("restore", "RESTORE", "", None),
    ("restore of a version", "RESTORE", "", Some("\"2\"")),
];

/// Sends a write to a customer that `prepare` made.
pub async fn send(app: &TestApp, anna: &Value, (_, method, body, condition): Write) -> Answer {
    let call = match method {
        "POST" => app.call("POST", "/customers"),
        "RESTORE" => app.call("POST", &format!("{}/restore", path_of(anna))),
        _ => app.call(method, &path_of(anna)),
    };
    let call = if body.is_empty() {
        call
    } else {
        call.json(serde_json::from_str(body).unwrap())
    };
    match condition {
        Some(condition) if method == "POST" => call.header("idempotency-key", condition).send().await,
        Some(condition) => call.header("if-match", condition).send().await,
        None => call.send().await,
    }
}

/// Starts a system with one customer, which is deleted if the write restores it.
pub async fn prepare((_, method, _, _): Write) -> (TestApp, Proxy, Value) {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let anna = app.create("anna").await;
    if method == "RESTORE" {
        app.delete(&anna).await;
    }
    proxy.take_seen();
    (app, proxy, anna)
}

/// Checks that nothing is half written, and that the write happened once if it is `done`, and else not at all.
pub async fn check_items(app: &TestApp, (name, method, body, condition): Write, done: bool) {
    let items = app.items().await;
    let keys = |kind: &str| -> Vec<String> {
        let keys = items
            .iter()
            .filter_map(|item| item["pk"]["S"].as_str()?.strip_prefix(kind).map(str::to_owned));
        let mut keys: Vec<_> = keys.collect();
        keys.sort();
        keys
    };
    let customers: Vec<_> = items
        .iter()
        .filter(|item| item["pk"]["S"].as_str().unwrap().starts_with("customer#"))
        .collect();
    let mut usernames: Vec<_> = customers
        .iter()
        .map(|one| one["username"]["S"].as_str().unwrap().to_lowercase())
        .collect();
    usernames.sort();
    assert_eq!(
        keys("username#"),
        usernames,
        "{name}: guards and customers are one to one"
    );

    let created = done && method == "POST";
    assert_eq!(customers.len(), if created { 2 } else { 1 }, "{name}");
    assert_eq!(
        keys("idempotency#").len(),
        usize::from(created && condition.is_some()),
        "{name}"
    );
    let version = match method {
        "POST" => 1,
        "RESTORE" => 2 + u64::from(done),
        _ => 1 + u64::from(done),
    };
    let anna = customers
        .iter()
        .find(|one| one["username"]["S"] != "dora")
        .unwrap();
    assert_eq!(anna["version"]["N"], version.to_string(), "{name} happened once");
    if body.contains("carla") {
        assert_eq!(anna["username"]["S"] == "carla", done, "{name}");
    }
}
