//! Errors for an endpoint that is not a database, and for a database that another process uses.

use std::process::Stdio;

use tests::TestApp;
use tests::moving::{Files, customers, ndjson, run, run_to_end};
use tests::process::command;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that answers every connection with these bytes. Returns its address.
async fn answering(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer).await;
            });
        }
    });
    address.to_string()
}

/// An export from this endpoint fails with one line that contains these pieces.
async fn fails(endpoint: &str, pieces: &[&str]) {
    let files = Files::default();
    let out = files.path("out.csv").display().to_string();
    let run = run(&["export", &out, "--endpoint", endpoint]).await;
    run.assert_fails(pieces);
    assert_eq!(run.said.lines().count(), 1, "{run:?}");
    for jargon in ["dispatch", "request id", "{"] {
        assert!(!run.said.contains(jargon), "{run:?}");
    }
    assert!(files.names().is_empty());
}

const HTML: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>";
const JSON: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
/// The alert that a TLS server sends when a request does not use TLS.
const ALERT: &[u8] = b"\x15\x03\x03\x00\x02\x02\x46";

#[tokio::test]
async fn an_endpoint_that_is_not_dynamodb_is_reported_as_such() {
    for answer in [HTML, JSON] {
        let address = answering(answer).await;
        fails(
            &format!("http://{address}"),
            &[&format!("what answers at http://{address} is no DynamoDB")],
        )
        .await;
    }
    let tls = answering(ALERT).await;
    fails(
        &format!("http://{tls}"),
        &["does not speak HTTP", "use https:// instead of http://"],
    )
    .await;
    let closing = answering(b"").await;
    fails(&format!("http://{closing}/"), &["does not answer"]).await;
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    fails(
        &format!("http://{free}"),
        &["nothing answers at", "refused", "http://127.0.0.1:8000"],
    )
    .await;
}

#[tokio::test]
async fn an_import_fails_if_the_endpoint_answers_everything_with_an_empty_object() {
    let files = Files::default();
    let file = files
        .write("in.ndjson", ndjson(&customers(1)))
        .display()
        .to_string();
    let url = format!("http://{}", answering(JSON).await);
    run(&["import", &file, "--endpoint", &url])
        .await
        .assert_fails(&["is no DynamoDB"]);
    let mut command = command(&["import", &file, "--table", "customers"]);
    command.envs([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", &url),
    ]);
    run_to_end(command).await.assert_fails(&["is no DynamoDB"]);
}

#[tokio::test]
async fn an_endpoint_that_is_the_api_or_lacks_tls_is_reported_as_such() {
    let app = TestApp::start().await;
    let (api, database) = (app.address, app.server.dynamodb);
    fails(
        &format!("http://{api}"),
        &[
            &format!("http://{api} is the API, not its database"),
            "http://127.0.0.1:8000",
        ],
    )
    .await;
    fails(
        &format!("https://{database}"),
        &["does not use TLS: use http:// instead of https://"],
    )
    .await;
}

#[tokio::test]
async fn an_endpoint_that_is_not_a_url_is_a_wrong_argument() {
    for wrong in [
        "127.0.0.1:8000",
        "localhost:8000",
        "ftp://127.0.0.1:8000",
        "http://",
        "",
    ] {
        let run = run(&["import", "in.csv", "--endpoint", wrong]).await;
        assert_eq!(run.code, Some(2), "{run:?}");
        for piece in ["it must be like http://127.0.0.1:8000", "--endpoint"] {
            assert!(run.said.contains(piece), "{run:?}");
        }
    }
}

#[tokio::test]
async fn a_database_in_use_by_an_import_is_not_reported_as_served() {
    let files = Files::default();
    let data = files.path("customers.db").display().to_string();
    let report = files.path("report").display().to_string();
    let mut command = command(&[
        "import", "-", "--format", "ndjson", "--data", &data, "--report", &report,
    ]);
    command.stdin(Stdio::piped());
    let mut child = tokio::process::Command::from(command).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let line = format!("{}\n", customers(1)[0]);
    input.write_all(line.as_bytes()).await.unwrap();
    // The import keeps the database open until its input ends.
    while !files.path("customers.db").exists() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let out = files.path("out.csv").display().to_string();
    let busy = run(&["export", &out, "--data", &data]).await;
    busy.assert_fails(&["another process, such as an import or an export, uses the database"]);
    assert!(!busy.said.contains("--endpoint"), "{busy:?}");
    drop(input);
    tests::moving::end(child).await.assert_totals(1, 0, 0);
    let free = run(&["export", &out, "--data", &data]).await;
    assert_eq!(free.code, Some(0), "{free:?}");
}
