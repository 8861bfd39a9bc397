//! A step of the smoke test: a request, the check of its answer, and a line with the result.

use std::io::Write;
use std::time::Instant;

use registry_client::{Answer, send};
use reqwest::RequestBuilder;

/// A step failed, and has printed why.
pub(crate) struct Failed;

/// Sends a request, checks its answer and prints the result. `check` returns what it saw, or what is wrong.
pub(crate) async fn step<T>(
    name: &str,
    request: RequestBuilder,
    expected: u16,
    check: impl FnOnce(&Answer) -> Result<(String, T), String>,
) -> Result<T, Failed> {
    let started = Instant::now();
    let outcome = exchange(request, expected, check).await;
    show(name, started, outcome)
}

/// Prints the result of a step: what it saw, or what is wrong.
pub(crate) fn show<T>(
    name: &str,
    started: Instant,
    outcome: Result<(String, T), String>,
) -> Result<T, Failed> {
    let millis = started.elapsed().as_millis();
    match outcome {
        Ok((saw, value)) => {
            say(&format!("ok      {name:<16} {millis:>6} ms  {saw}"));
            Ok(value)
        }
        Err(fault) => {
            say(&format!("FAILED  {name:<16} {millis:>6} ms  {fault}"));
            Err(Failed)
        }
    }
}

/// Sends a request and checks its answer. The error says what is wrong.
async fn exchange<T>(
    request: RequestBuilder,
    expected: u16,
    check: impl FnOnce(&Answer) -> Result<(String, T), String>,
) -> Result<(String, T), String> {
    let answer = send(request).await?;
    if answer.status != expected {
        return Err(format!("answered {}, not {expected}", answer.summary()));
    }
    match check(&answer) {
        Ok((saw, value)) => Ok((format!("{expected}: {saw}"), value)),
        Err(fault) => Err(format!("answered {expected}, but {fault}")),
    }
}

/// Prints a line to standard output. It is no error if nobody reads it.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
