//! A function's process, run as Lambda runs it: with a Runtime API (2018-06-01) that hands out events, and with a
//! stopwatch.
//!
//! Wall times are taken in the Runtime API: when it hands out an event, and when an answer has come in whole.

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
use serde_json::Value;
use tests::runtime::in_milliseconds;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::{task::AbortHandle, time::timeout};

use crate::bench::Environment;

/// How long a function may take for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a phase of a function's life took: by the clock on the wall, and in CPU time of all threads.
pub(crate) struct Phase {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
}

/// A running function that waits for its next event.
pub(crate) struct Lambda {
    process: Child,
    /// The CPU time of all its threads, those that have ended included, to the nanosecond.
    clock: ClockId,
    /// Its CPU time when it began to wait.
    cpu: Duration,
    requests: mpsc::UnboundedReceiver<Request>,
    /// Where it waits for an event.
    waiting: Option<oneshot::Sender<Vec<u8>>>,
    runtime_api: AbortHandle,
    log: PathBuf,
}

impl Lambda {
    /// Starts `binary` with nothing but `environment`, and with its output in `log`. The phase is the init phase:
    /// from the birth of the process until it asks for its first event.
    pub(crate) async fn start(binary: &Path, environment: &Environment, log: &Path) -> Result<(Self, Phase)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (sender, requests) = mpsc::unbounded_channel();
        let api = Arc::new(RuntimeApi(sender, Mutex::new(Instant::now())));
        let router = Router::new().fallback(serve).with_state(api);
        // A message is one write: waiting for more only delays it.
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

    /// Hands out an event and waits for the answer, which has to have this status. Wall time ends with the answer;
    /// CPU time ends when the function asks for the next event, since what it does after the answer is paid too.
    pub(crate) async fn call(&mut self, event: Vec<u8>, status: u16) -> Result<Phase> {
        let waiting = self.waiting.take().context("it does not wait for an event")?;
        // A function that is gone does not answer, which the next line notices.
        let _ = waiting.send(event);
        let Request::Answer(wall, answer) = self.request().await? else {
            bail!("the function asks for more before it has answered");
        };
        let (_, cpu) = self.asks_for_an_event().await?;
        let answer: Value = serde_json::from_slice(&answer).context("an answer that is no JSON")?;
        ensure!(answer["statusCode"] == status, "not {status} but {answer}");
        Ok(Phase { wall, cpu })
    }

    /// The most memory that the function has held at once, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        let status = Process::new(self.process.id().try_into()?)?.status()?;
        let kilobytes = status.vmhwm.context("its memory is not counted")?;
        Ok(kilobytes * 1024)
    }

    /// Waits until the function asks for an event. Returns when it did, and its CPU time since it last did.
    async fn asks_for_an_event(&mut self) -> Result<(Instant, Duration)> {
        let Request::Event(asked, waiting) = self.request().await? else {
            bail!("the function answers without an event");
        };
        self.waiting = Some(waiting);
        let now = self.clock.now().context("the process is gone")?.into();
        Ok((asked, now - replace(&mut self.cpu, now)))
    }

    /// The function's next request; an error if it says that it failed.
    async fn request(&mut self) -> Result<Request> {
        let log = || std::fs::read_to_string(&self.log).unwrap_or_default();
        match timeout(PATIENCE, self.requests.recv()).await.ok().flatten() {
            Some(Request::Failure(error)) => bail!("the function failed: {error:?}\n{}", log()),
            Some(request) => Ok(request),
            None => bail!("the function said nothing for {PATIENCE:?}\n{}", log()),
        }
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        // As Lambda ends an environment: without a word.
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.runtime_api.abort();
    }
}

/// What a function asks of the Runtime API.
enum Request {
    /// An event, since then, which goes to this channel.
    Event(Instant, oneshot::Sender<Vec<u8>>),
    /// To take its answer, and how long it took.
    Answer(Duration, Bytes),
    /// To note that it, or its start, has failed.
    Failure(Bytes),
}

/// The Runtime API of one function: where its requests go, and when the last event was handed out.
struct RuntimeApi(mpsc::UnboundedSender<Request>, Mutex<Instant>);

/// Answers a request. It is noted before, so that requests stand in their order.
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
