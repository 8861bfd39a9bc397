//! A function's process, run as Lambda runs it, with a stopwatch.

use std::fs::File;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::http::Message;
use crate::process::{CpuClock, peak_memory};
use crate::runtime_api::{RuntimeApi, Said};

/// What a phase of a function's life took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phase {
    /// By the clock on the wall.
    pub(crate) wall: Duration,
    /// In CPU time, of all threads.
    pub(crate) cpu: Duration,
}

/// A running function that waits for its next event.
pub(crate) struct Lambda {
    process: Child,
    clock: CpuClock,
    api: RuntimeApi,
    /// Where the function waits.
    waiting: TcpStream,
    /// Its CPU time when it began to wait.
    cpu: Duration,
    log: PathBuf,
    calls: u32,
}

impl Lambda {
    /// Starts `binary` with nothing but `environment`, and with its output in `log`. The phase is the init phase:
    /// from the birth of the process until it asks for its first event.
    pub(crate) fn start(
        binary: &Path,
        environment: &[(String, String)],
        log: &Path,
    ) -> Result<(Self, Phase)> {
        let api = RuntimeApi::listen()?;
        let mut command = command(binary, environment, log)?;
        command.env("AWS_LAMBDA_RUNTIME_API", api.address.to_string());
        let born = Instant::now();
        let process = command
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let clock = CpuClock::of(process.id())?;
        let first = api
            .next()
            .with_context(|| format!("{} does not start:\n{}", binary.display(), read(log)))?;
        let Said::Next(waiting) = first.said else {
            bail!("{} does not start:\n{}", binary.display(), read(log));
        };
        let cpu = clock.read()?;
        let phase = Phase {
            wall: first.at - born,
            cpu,
        };
        let lambda = Self {
            process,
            clock,
            api,
            waiting,
            cpu,
            log: log.to_owned(),
            calls: 0,
        };
        Ok((lambda, phase))
    }

    /// Hands out an event and waits for the answer, which has to have this status. Wall time ends with the answer;
    /// CPU time ends when the function asks for the next event, since what it does after the answer is paid too.
    pub(crate) fn call(&mut self, event: &[u8], status: u16) -> Result<Phase> {
        self.calls += 1;
        let message = handed_out(event, self.calls)?;
        let handed_out = Instant::now();
        message.send(&self.waiting)?;
        let answer = self.api.next().with_context(|| read(&self.log))?;
        let body = match answer.said {
            Said::Answer(body) => body,
            Said::Failure(error) => bail!("the function failed: {error}\n{}", read(&self.log)),
            Said::Next(_) => bail!("the function asks for more before it has answered"),
        };
        let Said::Next(waiting) = self.api.next()?.said else {
            bail!("the function said something after its answer");
        };
        let cpu = self.clock.read()?;
        let phase = Phase {
            wall: answer.at - handed_out,
            cpu: cpu - self.cpu,
        };
        (self.waiting, self.cpu) = (waiting, cpu);
        let answer: Value = serde_json::from_slice(&body).context("an answer that is no JSON")?;
        ensure!(answer["statusCode"] == status, "not {status} but {answer}");
        Ok(phase)
    }

    /// The most memory that the function has held at once, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        peak_memory(self.process.id())
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        // As Lambda ends an environment: without a word.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The command that starts a function with nothing but this environment, its output in `log`.
fn command(binary: &Path, environment: &[(String, String)], log: &Path) -> Result<Command> {
    let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = Command::new(binary);
    command
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    Ok(command)
}

/// An event with the header fields that Lambda sends with it.
fn handed_out(event: &[u8], call: u32) -> Result<Message> {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH)? + Duration::from_secs(20);
    Ok(Message::new("HTTP/1.1 200 OK", event)
        .with("content-type", "application/json")
        .with(
            "lambda-runtime-aws-request-id",
            format!("00000000-0000-4000-8000-{call:012}"),
        )
        .with("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
        .with(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:bench",
        )
        .with(
            "lambda-runtime-trace-id",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
        ))
}

/// What a function has written, for the report of its failure.
fn read(log: &Path) -> String {
    std::fs::read_to_string(log).unwrap_or_default()
}
