//! Commands of the runbooks that need no AWS, run as they are written against a local server.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tests::deployed::resources;
use tests::examples::block;
use tests::runtime::binaries;
use tests::{OPERATOR, TestApp, id};
use tokio::process::Command;

/// Runs blocks of a runbook in a folder, one after another, with the API of `app` and an operator's token.
///
/// # Panics
/// If they fail, or without `bash`.
async fn run(app: &TestApp, folder: &Path, blocks: &[String], variables: &[(&str, &str)]) -> String {
    // What the runbooks define before, and `cargo run --` as the binary that is built.
    let script = format!(
        "set -euo pipefail\noutput() {{ echo \"$API_URL\"; }}\ncargo() {{ shift 2; \"$CUSTOMERS\" \"$@\"; }}\n{}",
        blocks.concat()
    );
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder)
        .env("API_URL", app.url())
        .env("TOKEN", OPERATOR)
        .env("CUSTOMERS", binaries().join("customers"))
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .await
        .expect("this test needs bash");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

async fn deleted(app: &TestApp, username: &str) -> Value {
    let customer = app.create(username).await;
    app.delete(&customer).await;
    customer
}

#[tokio::test]
async fn recovery_erases_again_who_was_erased_in_whatever_state_the_restored_table_has_them() {
    let (app, folder) = (TestApp::start().await, tempfile::tempdir().unwrap());
    let live = app.create("live").await;
    app.patch(&live, json!({"name": "Live"})).await;
    let deleted_one = deleted(&app, "deleted").await;
    let erased = deleted(&app, "erased").await;
    assert_eq!(app.erase(&erased, 2).await.status, 200);
    let stays = app.create("stays").await;
    let unknown = json!({"id": uuid::Uuid::now_v7()});
    let list: Vec<_> = [&live, &deleted_one, &erased, &unknown]
        .iter()
        .map(|one| format!("{}\t2026-01-01 00:00:00.000000\n", id(one)))
        .collect();
    std::fs::write(folder.path().join("erased.txt"), list.concat()).unwrap();

    let recovery = tests::read("docs/recovery.md");
    let said = run(&app, folder.path(), &[block(&recovery, "done < erased.txt")], &[]).await;
    let lines: Vec<_> = said.lines().collect();
    for (line, one) in lines.iter().zip([&live, &deleted_one, &erased]) {
        assert_eq!(*line, format!("{}: 200", id(one)), "{said}");
        assert_eq!(app.get(&tests::path_of(one)).await.code(), "customer_erased");
    }
    assert!(lines[3].contains("customer_not_found"), "{said}");
    assert_eq!(app.get(&tests::path_of(&stays)).await.status, 200);
    tests::invariants::check(&app).await;
}

#[tokio::test]
async fn operations_sends_again_what_did_not_reach_a_customer_the_oldest_first() {
    let (app, folder) = (TestApp::start().await, tempfile::tempdir().unwrap());
    // The first twelve changes find no address; the last one waits in the queue.
    let anna = app.create("anna").await;
    for n in 0..11 {
        app.patch(&anna, json!({"name": format!("\"state\":\"failed\" {n}")}))
            .await;
    }
    let webhook_uri = "https://no-such-host.invalid/";
    app.patch(&anna, json!({"webhook_uri": webhook_uri})).await;
    app.events(&anna, 13).await;

    let operations = tests::read("docs/operations.md");
    let blocks = [
        block(&operations, "calls() {"),
        block(&operations, "while read -r event"),
    ];
    let said = run(&app, folder.path(), &blocks, &[("ID", id(&anna))]).await;
    let sent: Vec<_> = (1..=12)
        .map(|n| format!("{{\"id\":\"{}.{n}\"}}", id(&anna)))
        .collect();
    assert!(said.ends_with(&sent.concat()), "{said}");
    assert_eq!(app.server.deliveries().len(), 13);
    let events = app.events(&anna, 13).await;
    assert!(events.iter().all(|event| event["delivery"]["state"] == "pending"));
}

#[tokio::test]
async fn operations_sends_again_what_has_been_pending_for_an_hour_too_long() {
    let (app, folder) = (TestApp::start().await, tempfile::tempdir().unwrap());
    let (past, future) = (
        r#""2026-01-01T00:00:00.000000Z""#,
        r#""9999-01-01T00:00:00.000000Z""#,
    );
    let attempt = |next: &str| format!(r#"{{"timestamp":{past},"next_attempt":{next}}}"#);
    let events = [
        (past, "pending", String::new()),
        (future, "pending", String::new()),
        (past, "pending", attempt(past)),
        (past, "pending", attempt(future)),
        (past, "pending", attempt("null")),
        (past, "delivered", attempt("null")),
        (future, "failed", attempt("null")),
    ];
    let mut lines = String::new();
    for (n, (timestamp, state, attempts)) in events.iter().enumerate() {
        let delivery = format!(r#"{{"state":"{state}","attempts":[{attempts}]}}"#);
        lines += &format!(r#"{{"id":"a.{n}","timestamp":{timestamp},"delivery":{delivery}}}"#);
        lines += "\n";
    }
    std::fs::write(folder.path().join("events"), lines).unwrap();

    let operations = tests::read("docs/operations.md");
    let blocks = [
        "cargo() { cat events; }\ncalls() { echo \"$1\"; }\n".to_owned(),
        block(&operations, "while read -r event"),
    ];
    let said = run(&app, folder.path(), &blocks, &[("ID", "a")]).await;
    let sent = [0, 2, 4, 6].map(|n| format!("a/events/a.{n}/redeliver\n"));
    assert_eq!(said, sent.concat());
}

#[test]
fn the_second_reader_of_the_stream_reads_what_the_first_does_and_passes_over_a_change_that_fails() {
    let commands = block(&tests::read("docs/operations.md"), "create-event-source-mapping");
    let function = &resources("AWS::Serverless::Function")["PublishEvents"]["Properties"];
    let stream = &function["Events"]["Stream"]["Properties"];
    let pattern = &stream["FilterCriteria"]["Filters"][0]["Pattern"];
    for piece in [
        format!("'{{\"Filters\": [{{\"Pattern\": {pattern}}}]}}'"),
        format!("--batch-size {} ", stream["BatchSize"]),
        "--function-response-types ReportBatchItemFailures".into(),
        "--bisect-batch-on-function-error".into(),
        "--maximum-retry-attempts".into(),
        "--destination-config".into(),
    ] {
        assert!(commands.contains(&piece), "{piece}");
    }
}
