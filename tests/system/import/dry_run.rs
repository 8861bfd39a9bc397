//! Imports with `--dry-run`.

use serde_json::{Value, json};
use tests::TestApp;
use tests::moving::{Files, Run, customer, customers, ndjson, run};
use tests::process::{Serving, command};
use tests::proxy::Fault;

/// Runs a dry run. Returns what it prints on standard error, and its report from standard output.
async fn dry_run(arguments: &[&str]) -> (Run, Vec<Value>) {
    let all = [&["import", "--dry-run"], arguments].concat();
    let mut output = tokio::process::Command::from(command(&all))
        .output()
        .await
        .unwrap();
    let report = String::from_utf8(std::mem::take(&mut output.stdout)).unwrap();
    let lines = report
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    (output.into(), lines.collect())
}

/// Records of every kind: new, imported before, repeated, conflicting with the table or the file, and invalid.
fn records() -> Vec<Value> {
    let mut records = customers(150);
    for (line, other, field) in [
        (11, 10, "id"),
        (140, 12, "id"),
        (21, 20, "username"),
        (148, 1, "username"),
    ] {
        records[line][field] = records[other][field].clone();
    }
    records[139] = records[138].clone();
    records[149] = records[0].clone();
    records[30]["name"] = json!(7);
    records
}

/// Fills the table with some of these records, one of them changed, and with customers whose usernames are in the file.
async fn prepare(app: &TestApp, files: &Files) {
    let mut known = customers(50)[40..].to_vec();
    known[1]["name"] = json!("another");
    files
        .import(&known, app.server.dynamodb)
        .await
        .assert_totals(10, 0, 0);
    app.create("moved-60").await;
    let deleted = app.create("MOVED-61").await;
    app.delete(&deleted).await;
}

#[tokio::test]
async fn a_dry_run_predicts_the_import_and_writes_nothing() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    prepare(&app, &files).await;
    let file = files
        .write("all.ndjson", ndjson(&records()))
        .display()
        .to_string();
    let endpoint = format!("http://{}", proxy.address);
    let (items, names) = (app.items().await, files.names());
    proxy.take_seen();

    let (dry, report) = dry_run(&[&file, "--endpoint", &endpoint]).await;
    assert_eq!(app.items().await, items);
    assert_eq!(files.names(), names);
    let seen = proxy.take_seen();
    assert!(
        seen.iter()
            .all(|one| ["GetItem", "BatchGetItem"].contains(&one.operation.as_str())),
        "{seen:?}"
    );
    assert!(
        dry.said
            .contains("131 would be imported, 11 already there, 8 would be refused; nothing was written"),
        "{dry:?}"
    );

    let real = run(&["import", &file, "--endpoint", &endpoint]).await;
    real.assert_totals(131, 11, 8);
    assert_eq!(dry.code, real.code);
    assert_eq!(report, files.lines("all.ndjson.refused.ndjson"));

    let (again, report) = dry_run(&[&file, "--endpoint", &endpoint]).await;
    assert!(
        again.said.contains("0 would be imported, 142 already there"),
        "{again:?}"
    );
    assert_eq!(report.len(), 8);
}

#[tokio::test]
async fn a_dry_run_creates_no_database_and_leaves_an_existing_one_unchanged() {
    let files = Files::default();
    let file = files
        .write("in.ndjson", ndjson(&customers(3)))
        .display()
        .to_string();
    let data = files.path("new/customers.db");
    let path = data.display().to_string();
    let (dry, _) = dry_run(&[&file, "--data", &path]).await;
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert!(dry.said.contains("3 would be imported"), "{dry:?}");
    assert_eq!(files.names(), ["in.ndjson"]);

    let data = files.path("customers.db");
    let path = data.display().to_string();
    run(&["import", &file, "--data", &path])
        .await
        .assert_totals(3, 0, 0);
    let more = files
        .write("in.ndjson", ndjson(&customers(5)))
        .display()
        .to_string();
    let (bytes, names) = (std::fs::read(&data).unwrap(), files.names());
    let (dry, _) = dry_run(&[&more, "--data", &path]).await;
    assert!(
        dry.said.contains("2 would be imported, 3 already there"),
        "{dry:?}"
    );
    assert_eq!(files.names(), names);
    assert!(std::fs::read(&data).unwrap() == bytes, "the database has changed");

    let serving = Serving::start(&data);
    let (busy, _) = dry_run(&[&more, "--data", &path]).await;
    busy.assert_fails(&["another process uses the database", &serving.dynamodb]);
    serving.signal("-INT");
}

#[tokio::test]
async fn unprocessed_keys_are_requested_again() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    files
        .import(&customers(50), app.server.dynamodb)
        .await
        .assert_totals(50, 0, 0);
    let file = files.path("in.ndjson").display().to_string();
    let endpoint = format!("http://{}", proxy.address);
    let arguments = [&file, "--endpoint", &endpoint, "--patience", "5"];
    let left = [60, 1, 0, 38].map(Fault::LeaveUnprocessed);
    proxy.inject([Fault::Pass].into_iter().chain(left));
    let (dry, _) = dry_run(&arguments).await;
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert!(
        dry.said.contains("0 would be imported, 50 already there"),
        "{dry:?}"
    );

    proxy.inject([Fault::Pass].into_iter().chain([Fault::LeaveUnprocessed(0); 50]));
    let (dry, _) = dry_run(&[&file, "--endpoint", &endpoint, "--patience", "0"]).await;
    dry.assert_fails(&["the database throttles"]);
    drop(app);
}

#[tokio::test]
async fn a_dry_run_fails_where_the_import_would() {
    let (app, files) = (TestApp::start().await, Files::default());
    let endpoint = format!("http://{}", app.server.dynamodb);
    let file = files
        .write("in.ndjson", ndjson(&[customer(1)]))
        .display()
        .to_string();
    files.write("in.ndjson.refused.ndjson", "my notes");
    let (dry, _) = dry_run(&[&file, "--endpoint", &endpoint]).await;
    dry.assert_fails(&["is no report of an import"]);
    let csv = files.write("in.csv", "id\n").display().to_string();
    let (dry, _) = dry_run(&[&csv, "--endpoint", &endpoint]).await;
    dry.assert_fails(&["lacks the column username"]);
    let (both, _) = dry_run(&[&file, "--report", "report"]).await;
    assert_eq!(both.code, Some(2), "{both:?}");
}
