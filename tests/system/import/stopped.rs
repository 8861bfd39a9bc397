//! Imports that are stopped by a signal. Exit status 0 means that every record of the file is in the table.

use std::process::Stdio;
use std::time::Duration;

use tests::moving::{Files, customers, end, ndjson, run, run_to_end, signal, start, until_it_says};
use tests::proxy::{Fault, Proxy};
use tests::{TestApp, invariants};
use tokio::process::Child;

use super::from_standard_input;
use super::interrupted::transactions;

/// Enough for two transactions.
const COUNT: usize = 100;

/// An import whose last transactions have been sent, and are not answered until the proxy heals.
async fn at_its_last_transactions(files: &Files, proxy: &Proxy) -> Child {
    let file = files.write("in.ndjson", ndjson(&customers(COUNT)));
    // The first read takes long, so that the second one comes before the first transaction.
    let slow = Fault::Delay(Duration::from_millis(500));
    let reads = [Fault::Pass, slow, Fault::Pass];
    proxy.inject(reads.into_iter().chain([Fault::Hold; 40]));
    let child = start("import", &file, proxy.address, &["--patience", "0"]);
    transactions(proxy, 2).await;
    child
}

#[tokio::test]
async fn a_signal_during_the_last_transactions_lets_the_import_complete() {
    for sign in ["-INT", "-TERM"] {
        let (app, proxy) = TestApp::start_behind_proxy().await;
        let files = Files::default();
        let mut child = at_its_last_transactions(&files, &proxy).await;
        signal(&child, sign);
        until_it_says(&mut child, "stopping").await;
        proxy.heal();
        let run = end(child).await;
        run.assert_totals(COUNT, 0, 0);
        invariants::check(&app).await;
        assert_eq!(app.items().await.len(), 2 * COUNT);
    }
}

#[tokio::test]
async fn a_second_signal_stops_the_import_at_once_and_reports_unknown_outcomes() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    let mut child = at_its_last_transactions(&files, &proxy).await;
    signal(&child, "-INT");
    until_it_says(&mut child, "stopping").await;
    signal(&child, "-INT");
    let run = end(child).await;
    assert_eq!(run.code, Some(1), "{run:?}");
    for piece in [
        "0 imported",
        "100 more records were read, which may or may not be in the table",
        "run the same command again to continue",
    ] {
        assert!(run.said.contains(piece), "{piece}: {run:?}");
    }
    drop(app);
}

#[tokio::test]
async fn a_signal_stops_an_import_that_waits_for_its_input_or_its_table() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    let report = files.path("report").display().to_string();
    let mut command = from_standard_input("csv", proxy.address, &["--report", &report]);
    command.stdin(Stdio::piped());
    let child = tokio::process::Command::from(command).spawn().unwrap();
    // The test cannot see when the process begins to listen for signals. An earlier signal stops it as well.
    tokio::time::sleep(Duration::from_millis(500)).await;
    signal(&child, "-TERM");
    let waited = end(child).await;
    assert_ne!(waited.code, Some(0), "{waited:?}");

    let pipe = files.path("pipe.csv");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let child = start("import", &pipe, proxy.address, &[]);
    tokio::time::sleep(Duration::from_millis(500)).await;
    signal(&child, "-TERM");
    let waited = end(child).await;
    assert_ne!(waited.code, Some(0), "{waited:?}");

    proxy.take_seen();
    proxy.inject([Fault::Swallow; 10]);
    let file = files.write("in.ndjson", ndjson(&customers(1)));
    let child = start("import", &file, proxy.address, &[]);
    while proxy.take_seen().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    signal(&child, "-TERM");
    let waited = end(child).await;
    assert_eq!(waited.code, Some(1), "{waited:?}");
    assert!(
        waited.said.contains("stopped: nothing was imported"),
        "{waited:?}"
    );
    assert!(app.items().await.is_empty());
}

#[tokio::test]
async fn an_import_fails_if_its_input_cannot_be_read_to_the_end() {
    let (app, files) = (TestApp::start().await, Files::default());
    let endpoint = format!("http://{}", app.server.dynamodb);
    let mut command = from_standard_input("ndjson", app.server.dynamodb, &[]);
    command.stdin(std::fs::File::open(files.path("")).unwrap());
    run_to_end(command).await.assert_fails(&["it is a folder"]);

    // This file ends in the middle of a record.
    let cut = ndjson(&customers(3));
    let file = files.write("cut.ndjson", &cut[..cut.len() - 20]);
    let file = file.display().to_string();
    run(&["import", &file, "--endpoint", &endpoint])
        .await
        .assert_totals(2, 0, 1);
}
