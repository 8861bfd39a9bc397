//! Where an export writes, and what it must not replace.

use std::os::unix::fs::symlink;
use std::process::Stdio;

use tests::TestApp;
use tests::moving::{Files, customers, end, export, ndjson, run, run_to_end, signal, sorted, start};
use tests::process::{Serving, command};
use tests::proxy::Fault;

/// Waits until the proxy has seen this many scans.
async fn scans(proxy: &tests::proxy::Proxy, count: usize) {
    let mut seen = 0;
    while seen < count {
        let new = proxy.take_seen();
        seen += new.iter().filter(|one| one.operation == "Scan").count();
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn two_concurrent_exports_to_one_file_leave_one_complete_file() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    files
        .import(&customers(5), app.server.dynamodb)
        .await
        .assert_totals(5, 0, 0);
    let out = files.path("out.ndjson");
    // Each export sends one other read before its scan.
    proxy.inject([Fault::Pass, Fault::Hold, Fault::Pass, Fault::Hold]);
    let first = start("export", &out, proxy.address, &[]);
    scans(&proxy, 1).await;
    let second = start("export", &out, proxy.address, &[]);
    scans(&proxy, 1).await;
    let parts: Vec<_> = files
        .names()
        .into_iter()
        .filter(|name| name.ends_with(".part"))
        .collect();
    assert_eq!(parts.len(), 2, "{parts:?}");
    for part in parts {
        assert_eq!(files.mode(&part), "600");
    }
    proxy.heal();
    for child in [first, second] {
        let run = end(child).await;
        assert_eq!(run.code, Some(0), "{run:?}");
    }
    assert_eq!(sorted(files.lines("out.ndjson")), sorted(customers(5)));
    assert_eq!(files.names(), ["in.ndjson", "out.ndjson"]);
}

#[tokio::test]
async fn a_stopped_export_leaves_no_file_behind() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    for sign in ["-INT", "-TERM"] {
        proxy.inject([Fault::Pass, Fault::Hold]);
        let child = start("export", &files.path("out.csv"), proxy.address, &[]);
        scans(&proxy, 1).await;
        signal(&child, sign);
        end(child).await.assert_fails(&["stopped: nothing was exported"]);
        assert!(files.names().is_empty());
        proxy.heal();
    }
    drop(app);
}

#[tokio::test]
async fn an_export_can_be_stopped_on_an_unread_pipe_and_fails_on_a_closed_one() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    // More than a pipe buffers.
    app.load(2_000);
    let endpoint = format!("http://{}", proxy.address);
    let export = || command(&["export", "-", "--format", "ndjson", "--endpoint", &endpoint]);
    let mut child = tokio::process::Command::from(export()).spawn().unwrap();
    scans(&proxy, 2).await;
    signal(&child, "-TERM");
    child.wait().await.unwrap();
    end(child)
        .await
        .assert_fails(&["stopped: the output is not complete"]);

    let mut child = tokio::process::Command::from(export()).spawn().unwrap();
    drop(child.stdout.take());
    end(child)
        .await
        .assert_fails(&["cannot write the customers: Broken pipe"]);

    if let Ok(full) = std::fs::File::options().write(true).open("/dev/full") {
        let mut command = export();
        command.stdout(Stdio::from(full));
        run_to_end(command)
            .await
            .assert_fails(&["cannot write the customers"]);
    }
}

#[tokio::test]
async fn an_export_never_replaces_a_database_or_anything_but_a_regular_file() {
    let files = Files::default();
    let file = files
        .write("in.ndjson", ndjson(&customers(3)))
        .display()
        .to_string();
    let data = files.path("customers.db").display().to_string();
    run(&["import", &file, "--data", &data])
        .await
        .assert_totals(3, 0, 0);
    symlink(&data, files.path("other.csv")).unwrap();
    std::fs::copy(&data, files.path("copy.csv")).unwrap();
    std::fs::create_dir(files.path("folder.csv")).unwrap();
    let names = files.names();
    let path = |name: &str| files.path(name).display().to_string();
    for (target, complaint) in [
        (data.clone(), "it belongs to a database"),
        (path("customers.db.lock"), "it belongs to a database"),
        (path("other.csv"), "it belongs to a database"),
        (path("copy.csv"), "it belongs to a database"),
        (path("folder.csv"), "it is a folder"),
        (path("nowhere/out.csv"), "there is no folder"),
        (path("in.ndjson/out.csv"), "cannot write"),
        ("/dev/null".to_owned(), "it is not a regular file"),
    ] {
        let refused = run(&["export", &target, "--format", "csv", "--data", &data]).await;
        refused.assert_fails(&[complaint, &target]);
    }
    assert_eq!(files.names(), names);
    run(&["import", &file, "--data", &data])
        .await
        .assert_totals(0, 3, 0);
}

#[tokio::test]
async fn an_export_never_replaces_what_belongs_to_a_database_that_another_process_serves() {
    let (app, files) = (TestApp::start().await, Files::default());
    let data = files.path("served.db");
    let serving = Serving::start(&data);
    symlink(files.path("served.db-wal"), files.path("link.csv")).unwrap();
    let endpoint = format!("http://{}", app.server.dynamodb);
    let before = files.names();
    assert!(before.contains(&"served.db-wal".to_owned()), "{before:?}");
    let served = ["", "-wal", "-shm", "-journal", ".lock"].map(|suffix| format!("served.db{suffix}"));
    for name in served.iter().map(String::as_str).chain(["link.csv"]) {
        let target = files.path(name).display().to_string();
        let refused = run(&["export", &target, "--format", "csv", "--endpoint", &endpoint]).await;
        refused.assert_fails(&["it belongs to a database", &target]);
    }
    assert_eq!(files.names(), before);
    drop(serving);
}

#[tokio::test]
async fn an_export_to_a_symbolic_link_replaces_the_file_that_it_leads_to() {
    let (app, files) = (TestApp::start().await, Files::default());
    std::fs::create_dir(files.path("disk")).unwrap();
    files.write("disk/old.csv", "old");
    symlink("disk/old.csv", files.path("old.csv")).unwrap();
    symlink("disk/new.csv", files.path("new.csv")).unwrap();
    symlink("new.csv", files.path("chain.csv")).unwrap();
    for (link, file) in [
        ("old.csv", "disk/old.csv"),
        ("new.csv", "disk/new.csv"),
        ("chain.csv", "disk/new.csv"),
    ] {
        let run = export(&files.path(link), app.server.dynamodb).await;
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(files.path(link).is_symlink(), "{link}");
        assert!(files.read(file).starts_with("id,"), "{link}");
        assert_eq!(files.mode(file), "600");
        std::fs::remove_file(files.path(file)).unwrap();
    }
    assert_eq!(std::fs::read_dir(files.path("disk")).unwrap().count(), 0);
    symlink("nowhere/out.csv", files.path("lost.csv")).unwrap();
    symlink("/dev/null", files.path("device.csv")).unwrap();
    for (link, complaint) in [
        ("lost.csv", "there is no folder"),
        ("device.csv", "it is not a regular file"),
    ] {
        let refused = export(&files.path(link), app.server.dynamodb).await;
        refused.assert_fails(&[complaint, link]);
        assert!(files.path(link).is_symlink(), "{link}");
    }
}

#[tokio::test]
async fn an_export_file_without_a_folder_goes_to_the_current_folder() {
    let (app, files) = (TestApp::start().await, Files::default());
    let endpoint = format!("http://{}", app.server.dynamodb);
    let mut command = command(&["export", "out.csv", "--endpoint", &endpoint]);
    command.current_dir(files.path("."));
    let run = run_to_end(command).await;
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(files.read("out.csv").lines().count(), 1, "the header line");
    assert_eq!(
        export(&files.path("out.csv"), app.server.dynamodb).await.code,
        Some(0)
    );
}
