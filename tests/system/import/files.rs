//! The files that an import writes, and those that it must not touch.

use std::os::unix::fs::symlink;

use serde_json::json;
use tests::TestApp;
use tests::moving::{Files, customers, end, import, ndjson, run, run_to_end, signal, start, until_it_says};
use tests::process::command;
use tests::proxy::{Fault, Proxy};
use tokio::process::Child;

use super::from_standard_input;
use super::interrupted::transactions;

#[tokio::test]
async fn a_report_never_replaces_the_input_file_whatever_path_names_it() {
    let (app, files) = (TestApp::start().await, Files::default());
    let endpoint = format!("http://{}", app.server.dynamodb);
    let text = ndjson(&customers(2)) + "nonsense\n";
    let file = files.write("in.ndjson", &text).display().to_string();
    symlink(&file, files.path("symbolic")).unwrap();
    std::fs::hard_link(&file, files.path("hard")).unwrap();
    let spelled = files
        .path("../")
        .join(files.path(".").file_name().unwrap_or_default());
    let spelled = spelled.join(&file).display().to_string();
    let dotted = files.path("./in.ndjson").display().to_string();
    let (symbolic, hard) = (files.path("symbolic"), files.path("hard"));
    for report in [
        &file,
        &spelled,
        &dotted,
        &symbolic.display().to_string(),
        &hard.display().to_string(),
    ] {
        let refused = run(&["import", &file, "--endpoint", &endpoint, "--report", report]).await;
        refused.assert_fails(&["would replace the file itself", "--report"]);
    }
    let mut command = from_standard_input("ndjson", app.server.dynamodb, &["--report", &file]);
    command.stdin(std::fs::File::open(&file).unwrap());
    run_to_end(command)
        .await
        .assert_fails(&["would replace the file itself"]);
    assert_eq!(files.read("in.ndjson"), text);
    assert_eq!(files.names(), ["hard", "in.ndjson", "symbolic"]);
    assert!(app.items().await.is_empty(), "something was imported");
}

#[tokio::test]
async fn a_report_replaces_only_an_earlier_report() {
    let (app, files) = (TestApp::start().await, Files::default());
    let endpoint = format!("http://{}", app.server.dynamodb);
    let file = files.write("in.ndjson", "nonsense\n").display().to_string();
    let report = "{\"line\":1,\"id\":null,\"username\":null,\"errors\":[]}\n";
    let with = |name: &str, text: String| files.write(name, text).display().to_string();
    let other = [
        with("notes.txt", "my notes\n".to_owned()),
        with("customers.ndjson", ndjson(&customers(2))),
        with("report-and-notes", format!("{report}my notes\n")),
        with("report-with-more", report.replace("[]", "[],\"note\":1")),
        with("empty", String::new()),
        with("line-breaks", "\n\r\n".to_owned()),
        files.path(".").display().to_string(),
        files.path("nowhere/report").display().to_string(),
        files.path("notes.txt/report").display().to_string(),
        "/dev/null".to_owned(),
    ];
    let before: Vec<_> = files
        .names()
        .into_iter()
        .map(|name| (files.read(&name), name))
        .collect();
    for path in &other {
        let refused = run(&["import", &file, "--endpoint", &endpoint, "--report", path]).await;
        refused.assert_fails(&["error: ", path]);
        assert!(
            !refused.said.contains("refused"),
            "it must fail before it reads a record: {refused:?}"
        );
    }
    assert!(std::fs::exists("/dev/null").unwrap());
    let after: Vec<_> = files
        .names()
        .into_iter()
        .map(|name| (files.read(&name), name))
        .collect();
    assert_eq!(before, after);

    let path = with("earlier", report.to_owned());
    let refused = run(&["import", &file, "--endpoint", &endpoint, "--report", &path]).await;
    refused.assert_totals(0, 0, 1);
    let report = files.read("earlier");
    assert!(report.contains("not_json"), "{report}");
}

#[tokio::test]
async fn a_symbolic_link_at_the_path_of_the_report_or_the_retry_file_stays() {
    let (app, files) = (TestApp::start().await, Files::default());
    std::fs::create_dir(files.path("disk")).unwrap();
    symlink("disk/report", files.path("in.ndjson.refused.ndjson")).unwrap();
    files.write("disk/retry", "nonsense\n");
    symlink("disk/retry", files.path("in.retry.ndjson")).unwrap();
    let file = files.write("in.ndjson", "nonsense\nmore nonsense\n");
    for _ in 0..2 {
        import(&file, app.server.dynamodb).await.assert_totals(0, 0, 2);
        assert!(files.path("in.ndjson.refused.ndjson").is_symlink());
        assert_eq!(files.read("disk/report").lines().count(), 2);
    }
    assert!(files.path("in.retry.ndjson").is_symlink());
    assert_eq!(files.read("disk/retry"), "nonsense\n");
    assert_eq!(files.read("in.retry.2.ndjson"), "nonsense\nmore nonsense\n");

    // Nothing is refused any more.
    let file = files.write("in.ndjson", "");
    import(&file, app.server.dynamodb).await.assert_totals(0, 0, 0);
    assert!(files.path("in.ndjson.refused.ndjson").is_symlink());
    assert!(!files.path("disk/report").exists());
}

#[tokio::test]
async fn an_earlier_report_survives_an_import_that_fails_to_start_or_is_stopped() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    files
        .import(&[json!({"id": "x"})], app.server.dynamodb)
        .await
        .assert_totals(0, 0, 1);
    let report = files.read("in.ndjson.refused.ndjson");

    // This import cannot start.
    let file = files.path("in.ndjson").display().to_string();
    run(&["import", &file, "--endpoint", "http://127.0.0.1:1"])
        .await
        .assert_fails(&["nothing answers at http://127.0.0.1:1"]);
    assert_eq!(files.read("in.ndjson.refused.ndjson"), report);

    // This import is stopped before a record is refused.
    let file = files.write("in.ndjson", ndjson(&customers(250)));
    proxy.inject([Fault::Pass; 3].into_iter().chain([Fault::Hold; 60]));
    let mut child = start("import", &file, proxy.address, &[]);
    transactions(&proxy, 1).await;
    signal(&child, "-INT");
    until_it_says(&mut child, "stopping").await;
    proxy.heal();
    let stopped = end(child).await;
    stopped.assert_fails(&["stopped before the"]);
    assert_eq!(files.read("in.ndjson.refused.ndjson"), report);

    // This import reads the whole file.
    let rest = import(&file, app.server.dynamodb).await;
    assert_eq!(rest.code, Some(0), "{rest:?}");
    assert!(!files.path("in.ndjson.refused.ndjson").exists());
}

/// An import of ten customers and an invalid line that the proxy holds before its transaction.
async fn held(files: &Files, proxy: &Proxy, arguments: &[&str]) -> Child {
    let file = files.write("in.ndjson", ndjson(&customers(10)) + "nonsense\n");
    proxy.inject([Fault::Pass, Fault::Hold]);
    let child = start("import", &file, proxy.address, arguments);
    while !proxy
        .take_seen()
        .iter()
        .any(|one| one.operation == "BatchGetItem")
    {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    child
}

#[tokio::test]
async fn an_import_that_cannot_write_its_report_fails_and_says_what_was_imported() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    let folder = files.path("folder");
    std::fs::create_dir(&folder).unwrap();
    let report = folder.join("report").display().to_string();
    let child = held(&files, &proxy, &["--report", &report]).await;
    std::fs::remove_dir(&folder).unwrap();
    proxy.heal();
    let run = end(child).await;
    run.assert_fails(&["10 imported, 0 already there, 0 refused", "cannot write", &report]);
    assert_eq!(app.items().await.len(), 2 * 10);
}

#[tokio::test]
async fn a_file_created_at_the_reports_path_during_an_import_is_kept() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    let child = held(&files, &proxy, &[]).await;
    files.write("in.ndjson.refused.ndjson", "my notes");
    proxy.heal();
    let run = end(child).await;
    run.assert_fails(&[
        "10 imported, 0 already there, 1 refused",
        "is no report of an import",
    ]);
    assert_eq!(files.read("in.ndjson.refused.ndjson"), "my notes");
    assert_eq!(files.read("in.retry.ndjson"), "nonsense\n");
    drop(app);
}

#[tokio::test]
async fn a_report_cannot_go_to_standard_output_and_no_file_is_named_after_it() {
    let files = Files::default();
    let file = files.write("in.ndjson", "nonsense\n").display().to_string();
    let mut command = command(&["import", &file, "--report", "-"]);
    command.current_dir(files.path("."));
    let refused = run_to_end(command).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.said.contains("--dry-run"), "{refused:?}");
    assert_eq!(files.names(), ["in.ndjson"]);
}
