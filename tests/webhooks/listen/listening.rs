//! A command that listens, messages to it, and receivers behind it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tests::moving::signal;
use tests::process::command;
use tests::{OPERATOR, TestApp, path_of};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::timeout;

use crate::receiver::system;

pub(super) const SECRET: &str = "whsec_cGxhbnRlZCBzZWNyZXQgb2YgYSB0ZXN0";

/// The command, at an address of its own choice.
pub(super) fn listen(arguments: &[&str]) -> Command {
    let listen = command(&[&["listen", "--listen", "127.0.0.1:0"], arguments].concat());
    let mut listen = Command::from(listen);
    listen.kill_on_drop(true);
    listen
}

/// A run that fails: its exit code and what it said.
pub(super) async fn fails(mut listen: Command) -> (Option<i32>, String) {
    let output = timeout(Duration::from_secs(20), listen.output()).await;
    let output = output.expect("it ends").unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A command that listens.
pub(super) struct Listening {
    process: Child,
    pub(super) url: String,
    pub(super) greeting: String,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: Lines<BufReader<ChildStderr>>,
}

pub(super) async fn next(lines: &mut Lines<BufReader<impl AsyncRead + Unpin>>) -> String {
    let line = timeout(Duration::from_secs(20), lines.next_line()).await;
    line.expect("a line").unwrap().expect("not the end")
}

impl Listening {
    pub(super) async fn start(arguments: &[&str]) -> Self {
        Self::run(listen(arguments), arguments.contains(&"--json")).await
    }

    pub(super) async fn run(mut listen: Command, is_json: bool) -> Self {
        let mut process = listen.spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut stderr = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut greeting = String::new();
        while !greeting.contains("\nCtrl-C stops it.\n\n") {
            let line = match is_json {
                true => next(&mut stderr).await,
                false => next(&mut stdout).await,
            };
            greeting += &(line + "\n");
        }
        let url = greeting
            .split_whitespace()
            .find(|word| word.starts_with("http://"));
        Self {
            url: url.unwrap().to_owned(),
            process,
            greeting,
            stdout,
            stderr,
        }
    }

    pub(super) async fn next(&mut self) -> String {
        next(&mut self.stdout).await
    }

    pub(super) async fn problem(&mut self) -> String {
        next(&mut self.stderr).await
    }

    /// Stops it with a signal: whether it ended well, and what else it wrote to standard output.
    pub(super) async fn stop(mut self, sign: &str) -> (Option<i32>, String) {
        signal(&self.process, sign);
        let mut rest = String::new();
        while let Some(line) = self.stdout.next_line().await.unwrap() {
            rest += &(line + "\n");
        }
        (self.end().await, rest)
    }

    /// Stops it with a signal, and reads nothing that it writes: whether it ended well.
    pub(super) async fn stop_unread(mut self, sign: &str) -> Option<i32> {
        signal(&self.process, sign);
        self.end().await
    }

    async fn end(&mut self) -> Option<i32> {
        let ended = timeout(Duration::from_secs(20), self.process.wait()).await;
        ended.expect("it ends").unwrap().code()
    }

    /// Sends it a message.
    pub(super) async fn send(&self, message: &Message) -> reqwest::Response {
        let call = tests::client().post(format!("{}any/path", self.url));
        let call = call
            .header("content-type", "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", message.timestamp)
            .header("webhook-signature", &message.signature);
        call.body(message.body.clone()).send().await.unwrap()
    }
}

/// A message, signed.
pub(super) struct Message {
    pub(super) id: String,
    pub(super) timestamp: u64,
    signature: String,
    pub(super) body: String,
}

impl Message {
    pub(super) fn new(secret: &str, id: &str) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let timestamp = now.as_secs();
        let body = json!({"type": "customer.updated", "version": 2, "changed": ["planted"]}).to_string();
        let webhook = Webhook::new(secret).unwrap();
        let signature = webhook.sign(id, timestamp.cast_signed(), body.as_bytes());
        Self {
            id: id.to_owned(),
            timestamp,
            signature: signature.unwrap(),
            body,
        }
    }
}

pub(super) async fn registry() -> (TestApp, String) {
    let app = system().await;
    let url = format!("http://{}", app.address);
    (app, url)
}

/// A customer whose webhook goes to `url`.
pub(super) async fn customer(app: &TestApp, method: &str, url: &str) -> Value {
    let new = json!({"username": "anna", "webhook_uri": url, "webhook_method": method});
    app.post(new).await.body
}

/// The member `member` of what an operator's call below a customer's webhook answers.
pub(super) async fn webhook(
    app: &TestApp,
    customer: &Value,
    method: &str,
    path: &str,
    member: &str,
) -> String {
    let call = app.request(method, &format!("{}/webhook{path}", path_of(customer)));
    let answer: Value = call
        .bearer_auth(OPERATOR)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    answer[member].as_str().unwrap().to_owned()
}

pub(super) async fn secret(app: &TestApp, customer: &Value) -> String {
    webhook(app, customer, "GET", "", "secret").await
}

/// A receiver that answers with this status, and what it got.
pub(super) async fn receiver(status: StatusCode) -> (String, Received) {
    let got = Received::default();
    let take = async move |State(got): State<Received>, headers: HeaderMap, body: Bytes| {
        got.lock().unwrap().push((headers, body));
        (
            status,
            [("retry-after", "7"), ("location", "http://127.0.0.1:1/")],
        )
    };
    let router = Router::new().fallback(take).with_state(Arc::clone(&got));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, got)
}

pub(super) type Received = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;
