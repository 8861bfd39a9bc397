//! The Lambda Runtime API (2018-06-01), and the functions' binaries driven through it.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use local::server::Server;
use local::template::{CUSTOMERS_TABLE, EVENTS_TABLE};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Notify, oneshot};

use crate::deployed::template;

/// How long a test waits for a process to do what it should.
const PATIENCE: Duration = Duration::from_secs(30);

/// The folder with the workspace's binaries and examples, built once, with the profile of the tests.
///
/// `cargo test` builds a crate's binary only for that crate's own tests, so this runs `cargo build`.
pub fn binaries() -> PathBuf {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
        let mut build = std::process::Command::new(env!("CARGO"));
        // `cargo test` sets variables about this package. If inherited, they make other build scripts run again.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
                build.env_remove(name);
            }
        }
        let build = build
            .args([
                "build",
                "--workspace",
                "--bins",
                "--examples",
                "--quiet",
                "--profile",
                profile,
            ])
            .current_dir(crate::root())
            .status()
            .expect("cargo runs");
        assert!(build.success(), "the binaries do not build");
        let test = std::env::current_exe().expect("a test binary");
        test.ancestors().nth(2).expect("the profile's folder").to_owned()
    });
    BUILT.clone()
}

/// The environment that Lambda and the template give a function whose database is at `dynamodb`, and whose queue and bus
/// are at `queue`.
pub fn environment(name: &str, dynamodb: SocketAddr, queue: SocketAddr) -> Vec<(&'static str, String)> {
    let made_up = || "made-up".to_owned();
    let queue = format!("http://{queue}");
    let variables = &template().document["Globals"]["Function"]["Environment"]["Variables"];
    let tunables = variables["GLIBC_TUNABLES"].as_str().expect("text").to_owned();
    vec![
        ("AWS_LAMBDA_FUNCTION_NAME", name.to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("GLIBC_TUNABLES", tunables),
        ("AWS_ACCESS_KEY_ID", made_up()),
        ("AWS_SECRET_ACCESS_KEY", made_up()),
        ("AWS_SESSION_TOKEN", made_up()),
        ("TABLE_NAME", CUSTOMERS_TABLE.to_owned()),
        ("EVENTS_TABLE", EVENTS_TABLE.to_owned()),
        ("HISTORY_DAYS", "90".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{dynamodb}")),
        ("DELIVERIES_QUEUE", "deliveries".to_owned()),
        ("AWS_ENDPOINT_URL_SQS", queue.clone()),
        ("EVENT_BUS", "events".to_owned()),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", queue),
    ]
}

/// One function's process, as Lambda runs it.
pub struct Function {
    /// The process.
    pub process: Child,
    runtime: Arc<RuntimeApi>,
}

#[derive(Default)]
struct RuntimeApi {
    /// Each with its id and its deadline, in milliseconds since 1970.
    events: Mutex<VecDeque<(String, u128, Value)>>,
    queued: Notify,
    waiting: Mutex<HashMap<String, oneshot::Sender<Result<Value, Value>>>>,
    ready: Notify,
}

impl Function {
    /// Starts `binary` with the environment that Lambda gives, against the database and the queue of `server`, with
    /// `variables` on top of it.
    pub async fn start(binary: &str, server: &Server, variables: &[(&str, &str)]) -> Self {
        Self::start_at(binary, server, server.dynamodb, variables).await
    }

    /// The same with the database at `dynamodb`, such as a proxy.
    pub async fn start_at(
        binary: &str,
        server: &Server,
        dynamodb: SocketAddr,
        variables: &[(&str, &str)],
    ) -> Self {
        let runtime = Arc::new(RuntimeApi::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(runtime.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });

        let process = Command::new(binaries().join(binary))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .envs(environment(binary, dynamodb, server.queue))
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        Self { process, runtime }
    }

    /// Waits until the function asks for its first event: the end of the init phase.
    pub async fn ready(&self) {
        tokio::time::timeout(PATIENCE, self.runtime.ready.notified())
            .await
            .expect("the function gets ready");
    }

    /// Sends an event and returns the function's answer, in API Gateway's form.
    ///
    /// # Panics
    /// If the function reports an error or does not answer.
    pub async fn invoke(&self, event: Value) -> Value {
        self.invoke_by(in_milliseconds(Duration::from_secs(20)), event)
            .await
    }

    /// The same with a deadline, in milliseconds since 1970.
    ///
    /// # Panics
    /// As [`Self::invoke`].
    pub async fn invoke_by(&self, deadline: u128, event: Value) -> Value {
        self.outcome(deadline, event)
            .await
            .unwrap_or_else(|error| panic!("the function failed: {error}"))
    }

    /// Sends an event, and returns the error that the function reports.
    ///
    /// # Panics
    /// If it answers.
    pub async fn fail(&self, event: Value) -> Value {
        self.outcome(in_milliseconds(Duration::from_secs(20)), event)
            .await
            .expect_err("an error")
    }

    async fn outcome(&self, deadline: u128, event: Value) -> Result<Value, Value> {
        let id = uuid::Uuid::now_v7().to_string();
        let (answer, answered) = oneshot::channel();
        self.runtime
            .waiting
            .lock()
            .expect("no poison")
            .insert(id.clone(), answer);
        self.runtime
            .events
            .lock()
            .expect("no poison")
            .push_back((id, deadline, event));
        self.runtime.queued.notify_one();
        let answer = tokio::time::timeout(PATIENCE, answered)
            .await
            .expect("the function answers");
        answer.expect("the function lives")
    }

    /// Ends the process and returns what it wrote to standard output and standard error.
    pub async fn end(mut self) -> String {
        self.process.start_kill().expect("the process lives");
        let output = self.process.wait_with_output().await.expect("its output");
        format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    }
}

/// The time after `wait` from now, in milliseconds since 1970, as Lambda gives a deadline.
pub fn in_milliseconds(wait: Duration) -> u128 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    (now + wait).as_millis()
}

async fn next(State(runtime): State<Arc<RuntimeApi>>) -> Response {
    runtime.ready.notify_one();
    loop {
        let event = runtime.events.lock().expect("no poison").pop_front();
        let Some((id, deadline, event)) = event else {
            runtime.queued.notified().await;
            continue;
        };
        let headers = [
            ("lambda-runtime-aws-request-id", id),
            ("lambda-runtime-deadline-ms", deadline.to_string()),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:local:000000000000:function:test".to_owned(),
            ),
            (
                "lambda-runtime-trace-id",
                "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1".to_owned(),
            ),
        ];
        return (headers, Json(event)).into_response();
    }
}

async fn response(
    State(runtime): State<Arc<RuntimeApi>>,
    Path(id): Path<String>,
    body: String,
) -> StatusCode {
    resolve(
        &runtime,
        &id,
        Ok(serde_json::from_str(&body).expect("an answer is JSON")),
    )
}

async fn error(State(runtime): State<Arc<RuntimeApi>>, Path(id): Path<String>, body: String) -> StatusCode {
    resolve(&runtime, &id, Err(json!(body)))
}

fn resolve(runtime: &RuntimeApi, id: &str, answer: Result<Value, Value>) -> StatusCode {
    if let Some(waiting) = runtime.waiting.lock().expect("no poison").remove(id) {
        // A test that no longer waits needs no answer.
        let _ = waiting.send(answer);
    }
    StatusCode::ACCEPTED
}
