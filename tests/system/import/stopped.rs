//! An import that is told to stop. Exit status 0 says that every record of the file is in the table, and nothing else.

use std::process::Stdio;

use tests::moving::{Files, Run, customers, end, ndjson, run, run_to_end, signal, start, until_it_says};
use tests::process::command;
use tests::proxy::{Fault, Proxy};
use tests::{TestApp, invariants};
use tokio::process::Child;

use super::interrupted::transactions;

/// Two transactions.
const COUNT: usize = 100;

/// An import whose last transactions have been sent, and are not answered before the proxy heals.
async fn at_its_last_transactions(files: &Files, proxy: &Proxy) -> Child {
    let file = files.write("in.ndjson", ndjson(&customers(COUNT)));
    let reads = [Fault::Pass; 3];
    proxy.inject(reads.into_iter().chain([Fault::Hold; 40]));
    let child = start("import", &file, proxy.address, &["--patience", "0"]);
    transactions(proxy, 2).await;
    child
}

#[tokio::test]
async fn a_signal_lets_the_last_transactions_end_and_then_all_is_in_the_table() {
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
async fn a_second_signal_ends_it_at_once_and_it_does_not_claim_that_all_is_in_the_table() {
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
async fn a_signal_ends_an_import_that_waits_for_its_input_or_its_table() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let endpoint = format!("http://{}", proxy.address);
    let files = Files::default();
    let report = files.path("report").display().to_string();
    let arguments = [
        "import",
        "-",
        "--format",
        "csv",
        "--endpoint",
        &endpoint,
        "--report",
        &report,
    ];
    let mut command = command(&arguments);
    command.stdin(Stdio::piped());
    let child = tokio::process::Command::from(command).spawn().unwrap();
    // There is no telling when it listens for signals; before that, one ends it as well.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    signal(&child, "-TERM");
    let waited = Run::from(child.wait_with_output().await.unwrap());
    assert_ne!(waited.code, Some(0), "{waited:?}");

    proxy.take_seen();
    proxy.inject([Fault::Swallow; 10]);
    let file = files.write("in.ndjson", ndjson(&customers(1)));
    let child = start("import", &file, proxy.address, &[]);
    while proxy.take_seen().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
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
async fn input_that_cannot_be_read_to_its_end_is_no_success() {
    let (app, files) = (TestApp::start().await, Files::default());
    let endpoint = format!("http://{}", app.server.dynamodb);
    let arguments = ["import", "-", "--format", "ndjson", "--endpoint", &endpoint];
    let mut command = command(&arguments);
    command.stdin(std::fs::File::open(files.path("")).unwrap());
    run_to_end(command).await.assert_fails(&["it is a folder"]);

    // The pipe ends in the middle of a record.
    let cut = ndjson(&customers(3));
    let file = files.write("cut.ndjson", &cut[..cut.len() - 20]);
    let file = file.display().to_string();
    run(&["import", &file, "--endpoint", &endpoint])
        .await
        .assert_totals(2, 0, 1);
}
