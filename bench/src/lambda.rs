//! Runs a function's process as Lambda does, with a Runtime API (2018-06-01) that hands out events, and measures it.
//!
//! The Runtime API takes the wall time: from handing out an event until the answer has arrived completely.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fs::File, mem::replace, path::Path, path::PathBuf, process::Child, process::Command};

use anyhow::{Context, Result, bail, ensure};
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Router, body::Bytes, serve::ListenerExt};
use nix::time::{ClockId, clock_getcpuclockid};
use procfs::process::Process;
use serde_json::{Value, json};
use tests::runtime::in_milliseconds;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::{task::AbortHandle, time::timeout};

use crate::bench::Environment;

/// How long to wait for a function.
const PATIENCE: Duration = Duration::from_secs(30);

/// The wall time of a phase of a function's life, and the CPU time of all its threads.
pub(crate) struct Phase {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
}

/// A running function that is waiting for its next event.
pub(crate) struct Lambda {
    process: Child,
    /// The CPU time of all its threads, including those that have ended, to the nanosecond.
    clock: ClockId,
    /// Its CPU time when it last asked for an event.
    cpu: Duration,
    requests: mpsc::UnboundedReceiver<Request>,
    /// Takes the event that it is waiting for.
    waiting: Option<oneshot::Sender<Vec<u8>>>,
    runtime_api: AbortHandle,
    log: PathBuf,
}

impl Lambda {
    /// Starts `binary` with just these environment variables and with its output in `log`. The phase is the init phase,
    /// from the start of the process until it asks for its first event.
    pub(crate) async fn start(binary: &Path, environment: &Environment, log: &Path) -> Result<(Self, Phase)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (sender, requests) = mpsc::unbounded_channel();
        let api = Arc::new(RuntimeApi(sender, Mutex::new(Instant::now())));
        let router = Router::new().fallback(serve).with_state(api);
        // A message is one write, so that waiting for more only delays it.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let runtime_api = tokio::spawn(axum::serve(listener, router).into_future());
        let output = File::create(log)?;
        let mut command = Command::new(binary);
        command.env_clear().envs(environment.iter().cloned());
        command.env("AWS_LAMBDA_RUNTIME_API", address);
        command.stdout(output.try_clone()?).stderr(output);
        let born = Instant::now();
        let process = command.spawn()?;
        let mut lambda = Self {
            clock: clock_getcpuclockid(nix::unistd::Pid::from_raw(process.id().try_into()?))?,
            process,
            cpu: Duration::ZERO,
            requests,
            waiting: None,
            runtime_api: runtime_api.abort_handle(),
            log: log.to_owned(),
        };
        let (asked, cpu) = lambda.asks_for_an_event().await?;
        let wall = asked - born;
        Ok((lambda, Phase { wall, cpu }))
    }

    /// Hands out an event and waits for the answer, which must have this status, or, of a batch, no failures. Wall time ends with the answer; CPU
    /// time ends when the function asks for its next event, because its work after the answer is billed too.
    pub(crate) async fn call(&mut self, event: Vec<u8>, status: Option<u16>) -> Result<Phase> {
        let waiting = self
            .waiting
            .take()
            .context("the function is not waiting for an event")?;
        // This fails only if the function has ended, and then the next line fails too.
        let _ = waiting.send(event);
        let Request::Answer(wall, answer) = self.request().await? else {
            bail!("the function asked for another event before it answered");
        };
        let (_, cpu) = self.asks_for_an_event().await?;
        let answer: Value = serde_json::from_slice(&answer).context("the answer is not JSON")?;
        let is_expected = match status {
            Some(status) => answer["statusCode"] == status,
            None => answer == json!({"batchItemFailures": []}),
        };
        ensure!(is_expected, "expected {status:?}, got {answer}");
        Ok(Phase { wall, cpu })
    }

    /// The function's peak memory (resident set), in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        let status = Process::new(self.process.id().try_into()?)?.status()?;
        let kilobytes = status.vmhwm.context("the process has no peak memory")?;
        Ok(kilobytes * 1024)
    }

    /// Waits until the function asks for an event. Returns when it asked, and its CPU time since it last asked.
    async fn asks_for_an_event(&mut self) -> Result<(Instant, Duration)> {
        let Request::Event(asked, waiting) = self.request().await? else {
            bail!("the function answered without an event");
        };
        self.waiting = Some(waiting);
        let now = self.clock.now().context("the process has ended")?.into();
        Ok((asked, now - replace(&mut self.cpu, now)))
    }

    /// The function's next request to the Runtime API; an error if it reports a failure.
    async fn request(&mut self) -> Result<Request> {
        let log = || std::fs::read_to_string(&self.log).unwrap_or_default();
        match timeout(PATIENCE, self.requests.recv()).await.ok().flatten() {
            Some(Request::Failure(error)) => bail!("the function failed: {error:?}\n{}", log()),
            Some(request) => Ok(request),
            None => bail!("the function did nothing for {PATIENCE:?}\n{}", log()),
        }
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        // Lambda ends an environment without notice, too.
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.runtime_api.abort();
    }
}

/// A function's request to the Runtime API.
enum Request {
    /// For an event: when it asked, and the channel that takes the event.
    Event(Instant, oneshot::Sender<Vec<u8>>),
    /// Its answer, and how long it took.
    Answer(Duration, Bytes),
    /// A report that a call or the init phase failed.
    Failure(Bytes),
}

/// The Runtime API of one function: where its requests go, and when it handed out the last event.
struct RuntimeApi(mpsc::UnboundedSender<Request>, Mutex<Instant>);

/// Answers a request, after passing it on, so that requests keep their order.
async fn serve(State(api): State<Arc<RuntimeApi>>, uri: Uri, body: Bytes) -> Response {
    let RuntimeApi(requests, handed_out) = &*api;
    let handed_out = || handed_out.lock().unwrap_or_else(PoisonError::into_inner);
    if !uri.path().ends_with("/invocation/next") {
        let is_answer = uri.path().ends_with("/response");
        let took = handed_out().elapsed();
        let request = if is_answer {
            Request::Answer(took, body)
        } else {
            Request::Failure(body)
        };
        let _ = requests.send(request);
        return StatusCode::ACCEPTED.into_response();
    }
    let (event, waiting) = oneshot::channel();
    let _ = requests.send(Request::Event(Instant::now(), event));
    let Ok(event) = waiting.await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = in_milliseconds(Duration::from_secs(20));
    let function = "arn:aws:lambda:eu-central-1:123456789012:function:bench";
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", uuid::Uuid::now_v7().to_string()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", function.to_owned()),
        ("lambda-runtime-trace-id", trace.to_owned()),
    ];
    let response = (headers, event).into_response();
    *handed_out() = Instant::now();
    response
}
