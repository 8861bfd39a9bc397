//! Imports that are killed, stopped, or hit by network faults.

use std::time::Duration;

use tests::app::in_memory;
use tests::moving::{Files, customers, end, export, import, ndjson, run, signal, sorted, start};
use tests::process::command;
use tests::proxy::{Fault, Proxy};
use tests::{TestApp, invariants};

/// Enough for more transactions than are sent at once.
const COUNT: usize = 250;

/// Waits until this many transactions have reached the proxy.
pub(super) async fn transactions(proxy: &Proxy, count: usize) {
    let mut seen = 0;
    while seen < count {
        let new = proxy.take_seen();
        seen += new
            .iter()
            .filter(|one| one.operation == "TransactWriteItems")
            .count();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Runs the import again without faults. Then every customer has been imported once.
async fn assert_continues(app: &TestApp, files: &Files) {
    let before = app.items().await.len() / 2;
    let again = import(&files.path("in.ndjson"), app.server.dynamodb).await;
    again.assert_totals(COUNT - before, before, 0);
    assert_complete(app, files).await;
}

async fn assert_complete(app: &TestApp, files: &Files) {
    invariants::check(app).await;
    export(&files.path("out.ndjson"), app.server.dynamodb).await;
    assert_eq!(sorted(files.lines("out.ndjson")), sorted(customers(COUNT)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_killed_repeatedly_ends_with_every_customer_imported_once() {
    let files = Files::default();
    let file = files
        .write("in.ndjson", ndjson(&customers(COUNT)))
        .display()
        .to_string();
    let data = files.path("customers.db");
    let path = data.display().to_string();
    for round in 1..=5 {
        let mut process = command(&["import", &file, "--data", &path]).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(150 * round)).await;
        process.kill().unwrap();
        process.wait().unwrap();
    }
    let last = run(&["import", &file, "--data", &path]).await;
    assert_eq!(last.code, Some(0), "{last:?}");

    let mut options = in_memory();
    options.data = Some(data);
    let app = TestApp::start_with(options).await;
    assert_complete(&app, &files).await;
}

#[tokio::test]
async fn an_import_killed_while_creating_its_database_succeeds_when_run_again() {
    let files = Files::default();
    let file = files.write("in.ndjson", ndjson(&customers(1)));
    let file = file.display().to_string();
    for round in 0..25 {
        let data = files.path(&format!("{round}.db")).display().to_string();
        let mut process = command(&["import", &file, "--data", &data]).spawn().unwrap();
        while !files.path(&format!("{round}.db.lock")).exists() {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        tokio::time::sleep(Duration::from_millis(4 * round)).await;
        process.kill().unwrap();
        process.wait().unwrap();
        let next = run(&["import", &file, "--data", &data, "--patience", "0"]).await;
        assert_eq!(next.code, Some(0), "{next:?}");
    }
}

#[tokio::test]
async fn files_left_beside_a_removed_database_are_not_used_by_the_next_import() {
    let files = Files::default();
    let data = files.path("customers.db").display().to_string();
    let mut command = command(&["import", "-", "--format", "ndjson", "--data", &data]);
    command.stdin(std::process::Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, ndjson(&customers(COUNT)).as_bytes()).unwrap();
    let log = files.path("customers.db-wal");
    while log.metadata().map_or(0, |log| log.len()) < 50_000 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    process.kill().unwrap();
    process.wait().unwrap();
    std::fs::remove_file(&data).unwrap();
    let file = files
        .write("in.ndjson", ndjson(&customers(3)))
        .display()
        .to_string();
    run(&["import", &file, "--data", &data])
        .await
        .assert_totals(3, 0, 0);
    let out = files.path("out.ndjson").display().to_string();
    assert_eq!(run(&["export", &out, "--data", &data]).await.code, Some(0));
    assert_eq!(sorted(files.lines("out.ndjson")), customers(3));
}

#[tokio::test]
async fn an_import_killed_between_two_transactions_continues_when_run_again() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    let file = files.write("in.ndjson", ndjson(&customers(COUNT)));
    // Some transactions take effect. The others are never answered.
    proxy.inject([Fault::Pass; 8].into_iter().chain([Fault::Swallow; 60]));
    let mut child = start("import", &file, proxy.address, &[]);
    transactions(&proxy, 3).await;
    child.kill().await.unwrap();
    proxy.heal();
    let imported = app.items().await.len() / 2;
    assert!((1..COUNT).contains(&imported), "{imported}");
    assert_continues(&app, &files).await;
}

#[tokio::test]
async fn a_signal_stops_an_import_between_transactions_and_says_how_to_continue() {
    for sign in ["-INT", "-TERM"] {
        let (app, proxy) = TestApp::start_behind_proxy().await;
        let files = Files::default();
        let file = files.write("in.ndjson", ndjson(&customers(COUNT)));
        proxy.inject([Fault::Delay(Duration::from_millis(400)); 60]);
        let child = start("import", &file, proxy.address, &[]);
        transactions(&proxy, 1).await;
        signal(&child, sign);
        let run = end(child).await;
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(
            run.said.contains("run the same command again to continue"),
            "{run:?}"
        );
        let imported = app.items().await.len() / 2;
        assert!((1..COUNT).contains(&imported), "{imported}");
        assert!(
            run.said
                .contains(&format!("{imported} imported, 0 already there")),
            "{run:?}"
        );
        proxy.heal();
        assert_continues(&app, &files).await;
    }
}

#[tokio::test]
async fn each_customer_is_imported_once_despite_network_faults() {
    for fault in [
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::BreakOff,
        Fault::HalfDocument,
        Fault::Refuse(500, "InternalServerError"),
        Fault::Refuse(400, "ProvisionedThroughputExceededException"),
        Fault::Refuse(400, "ThrottlingException"),
        Fault::Cancel("TransactionConflict"),
        Fault::Cancel("ThrottlingError"),
    ] {
        let (app, proxy) = TestApp::start_behind_proxy().await;
        let files = Files::default();
        // Every third request passes, beginning with the first.
        let faults = [Fault::Pass, fault, fault].into_iter().cycle().take(18);
        proxy.inject(faults);
        let run = files.import(&customers(COUNT), proxy.address).await;
        assert_eq!(run.code, Some(0), "{fault:?}: {run:?}");
        proxy.heal();
        assert_complete(&app, &files).await;
    }
}

#[tokio::test]
async fn an_import_waits_out_throttling_and_continues_when_run_again_after_giving_up() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    let file = files.write("in.ndjson", ndjson(&customers(COUNT)));
    let passing = [Fault::Pass; 6];
    let throttled = [Fault::Refuse(400, "ThrottlingException"); 500];
    proxy.inject(passing.into_iter().chain(throttled));
    let child = start("import", &file, proxy.address, &["--patience", "1"]);
    let run = end(child).await;
    assert_eq!(run.code, Some(1), "{run:?}");
    let last = run.said.lines().last().unwrap();
    for piece in [
        "the database throttles",
        "ThrottlingException",
        "run the same command again to continue",
    ] {
        assert!(last.contains(piece), "{run:?}");
    }
    proxy.heal();
    assert_continues(&app, &files).await;
}

#[tokio::test]
async fn writes_by_others_during_an_import_are_detected() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    let moved = customers(10);
    let file = files.write("in.ndjson", ndjson(&moved));
    // The read finds no customer. Others are written before the transaction.
    proxy.inject([Fault::Pass, Fault::Pass, Fault::Hold]);
    let child = start("import", &file, proxy.address, &[]);
    proxy.holds_one().await;
    app.create("MOVED-4").await;
    files
        .import(&moved[6..8], app.server.dynamodb)
        .await
        .assert_totals(2, 0, 0);
    proxy.release();
    let run = end(child).await;
    run.assert_totals(7, 2, 1);
    assert_eq!(
        files.refusals("in.ndjson"),
        ["5 Moved-4 /username username_taken"]
    );
    invariants::check(&app).await;
    assert_eq!(app.items().await.len(), 2 * 10);
}
