//! A step of the smoke test: a request, the check of its answer, and a line with the result.

use std::io::Write;
use std::time::Instant;

use registry_client::{Answer, send};
use reqwest::RequestBuilder;

/// A step failed, and has printed why, or was not begun because of a signal.
pub(crate) struct Failed {
    /// The status of the answer, if there was one.
    pub(crate) status: Option<u16>,
}

/// Sends a request, checks its answer and prints the result. `check` returns what it saw, or what is wrong.
pub(crate) async fn step<T>(
    name: &str,
    request: RequestBuilder,
    expected: u16,
    check: impl FnOnce(&Answer) -> Result<(String, T), String>,
) -> Result<T, Failed> {
    let started = Instant::now();
    let (status, outcome) = match send(request).await {
        Ok(answer) => (Some(answer.status), judge(&answer, expected, check)),
        Err(reason) => (None, Err(reason)),
    };
    show(name, started, outcome).ok_or(Failed { status })
}

/// Prints the result of a step: what it saw, or what is wrong. `None` if something is.
pub(crate) fn show<T>(name: &str, started: Instant, outcome: Result<(String, T), String>) -> Option<T> {
    let millis = started.elapsed().as_millis();
    match outcome {
        Ok((saw, value)) => {
            say(&format!("ok      {name:<16} {millis:>6} ms  {saw}"));
            Some(value)
        }
        Err(fault) => {
            say(&format!("FAILED  {name:<16} {millis:>6} ms  {fault}"));
            None
        }
    }
}

/// Checks an answer. The error says what is wrong.
fn judge<T>(
    answer: &Answer,
    expected: u16,
    check: impl FnOnce(&Answer) -> Result<(String, T), String>,
) -> Result<(String, T), String> {
    if answer.status != expected {
        return Err(format!("answered {}, not {expected}", answer.summary()));
    }
    match check(answer) {
        Ok((saw, value)) => Ok((format!("{expected}: {saw}"), value)),
        Err(fault) => Err(format!("answered {expected}, but {fault}")),
    }
}

/// Prints a line to standard output. It is no error if nobody reads it.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
