//! Standard output and standard error that nobody reads: closed, full, or left alone.

use std::fs::File;
use std::io::{BufRead, BufReader, pipe};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use local::database::Engine;
use local::template::{CUSTOMERS_TABLE, Template};
use serde_json::json;
use tests::TestApp;
use tests::moving::{Files, customers, end, ndjson, run_to_end, signal};
use tests::process::{Serving, command};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use crate::command::FREE_PORTS;

/// Of so many lines, a pipe that nobody reads holds only the first.
const MANY: usize = 3_000;

/// Standard output or error whose reader has gone.
fn closed() -> Stdio {
    let (_, writer) = pipe().unwrap();
    writer.into()
}

/// A file that takes no bytes, where the system has one.
fn full() -> Stdio {
    let full = File::options().write(true).open("/dev/full");
    full.map_or_else(|_| closed(), Stdio::from)
}

fn id(number: usize) -> String {
    format!("5e4a0680-804e-11ec-8477-2fea{number:08x}")
}

/// Makes a database of customers that cannot be read.
fn damaged(data: &Path, count: usize) {
    let template = Template::read(&tests::root().join("template.yaml")).unwrap();
    let engine = Engine::open(Some(data), &template).unwrap();
    let item = |number| json!({"pk": {"S": format!("customer#{}", id(number))}});
    let items = (0..count).map(|number| serde_json::from_value(item(number)).unwrap());
    let options = dynoxide::ImportOptions::default();
    let database = &engine.database;
    database
        .import_items(CUSTOMERS_TABLE, items.collect(), options)
        .unwrap();
}

/// Runs a command until it has written its first byte to standard output or, otherwise, to standard error. Nothing more
/// is read.
async fn begun(arguments: &[&str], output: bool) -> Child {
    let mut child = Command::from(command(arguments)).spawn().unwrap();
    let mut byte = [0];
    let read = match output {
        true => child.stdout.as_mut().unwrap().read_exact(&mut byte).await,
        false => child.stderr.as_mut().unwrap().read_exact(&mut byte).await,
    };
    read.unwrap();
    child
}

#[tokio::test]
async fn an_import_and_an_export_do_the_same_if_standard_error_cannot_be_written() {
    for stderr in [closed, full] {
        let (app, files) = (TestApp::start().await, Files::default());
        let endpoint = format!("http://{}", app.server.dynamodb);
        let text = ndjson(&customers(5)) + "nonsense\n";
        let file = files.write("in.ndjson", text).display().to_string();
        let out = files.path("out.ndjson").display().to_string();
        for (subcommand, file, code) in [("import", &file, 1), ("export", &out, 0)] {
            let mut command = command(&[subcommand, file, "--endpoint", &endpoint]);
            command.stderr(stderr());
            assert_eq!(run_to_end(command).await.code, Some(code), "{subcommand}");
        }
        assert_eq!(files.lines("in.ndjson.refused.ndjson").len(), 1);
        assert_eq!(files.read("in.retry.ndjson"), "nonsense\n");
        assert_eq!(files.lines("out.ndjson").len(), 5);
    }
}

#[tokio::test]
async fn a_failed_call_is_answered_if_standard_error_is_closed() {
    let files = Files::default();
    let data = files.path("customers.db");
    damaged(&data, 1);
    let data = data.display().to_string();
    let mut command = command(&[&FREE_PORTS[..], &["--data", &data]].concat());
    let mut serving = Serving::run(command.stderr(closed()));
    let url = serving.url(&format!("/customers/{}", id(0)));
    let call = tests::client().get(url).bearer_auth("operator");
    assert_eq!(call.send().await.unwrap().status(), 500);
    serving.send("-INT");
    assert!(serving.process.wait().unwrap().success());
}

#[tokio::test]
async fn the_server_answers_and_stops_if_nobody_reads_its_access_log() {
    let mut process = command(&[&FREE_PORTS[..], &["--memory"]].concat())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    output.read_line(&mut first).unwrap();
    let url = first.trim_end().split(" at ").nth(1).unwrap();
    // A line of the log shows the query.
    let url = format!("{url}/permissions?{}", "x".repeat(2_000));
    let client = tests::client();
    for _ in 0..100 {
        let call = client.get(&url).bearer_auth("reader");
        assert_eq!(call.send().await.unwrap().status(), 200);
    }
    let sent = std::process::Command::new("kill")
        .args(["-INT", &process.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    assert!(process.wait().unwrap().success());
    drop(output);
}

#[tokio::test]
async fn the_server_answers_and_stops_if_nobody_reads_standard_error() {
    let files = Files::default();
    let data = files.path("customers.db");
    damaged(&data, 1);
    let mut serving = Serving::start(&data);
    let stderr = serving.process.stderr.take();
    let client = tests::client();
    // Each call leaves two lines there: what is damaged, and that it failed.
    for _ in 0..400 {
        let url = serving.url(&format!("/customers/{}", id(0)));
        let call = client.get(url).bearer_auth("operator");
        let call = call.timeout(Duration::from_secs(20)).send();
        assert_eq!(call.await.unwrap().status(), 500);
    }
    serving.send("-INT");
    assert!(serving.process.wait().unwrap().success());
    drop(stderr);
}

#[tokio::test]
async fn a_dry_run_stops_at_a_signal_if_nobody_reads_its_report() {
    let files = Files::default();
    let file = files.write("in.ndjson", "nonsense\n".repeat(MANY));
    let (file, data) = (
        file.display().to_string(),
        files.path("none.db").display().to_string(),
    );
    let child = begun(&["import", &file, "--dry-run", "--data", &data], true).await;
    signal(&child, "-INT");
    end(child)
        .await
        .assert_fails(&["stopped: the check is not complete; nothing was written"]);
}

#[tokio::test]
async fn a_second_signal_ends_a_command_that_waits_for_somebody_to_read_its_errors() {
    let files = Files::default();
    let data = files.path("customers.db");
    damaged(&data, MANY);
    let (out, data) = (
        files.path("out.csv").display().to_string(),
        data.display().to_string(),
    );
    let mut child = begun(&["export", &out, "--data", &data], false).await;
    signal(&child, "-INT");
    signal(&child, "-TERM");
    assert_eq!(child.wait().await.unwrap().code(), Some(1));
    assert!(!files.path("out.csv").exists());
}
