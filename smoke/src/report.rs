//! A step of the smoke test: a request, the check of its answer, and a line with the result.

use std::io::Write;
use std::time::Instant;

use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::Value;
use uuid::Uuid;

/// A step failed, and has printed why.
pub(crate) struct Failed;

/// The answer to a request.
pub(crate) struct Answer {
    status: u16,
    headers: HeaderMap,
    /// The body; `null` if it is not JSON.
    pub(crate) body: Value,
}

impl Answer {
    /// A header field, `""` if it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// The status, with the server's error code and request id. Other text is not shown, because an unknown server
    /// might echo the token.
    fn summary(&self) -> String {
        let name = |text: &str| {
            text.len() < 40 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        let said = ["code", "error"]
            .iter()
            .find_map(|member| self.body.get(*member)?.as_str());
        let mut summary = self.status.to_string();
        if let Some(code) = said.filter(|code| name(code)) {
            summary += &format!(" {code}");
        }
        if let Ok(id) = Uuid::try_parse(self.header("x-request-id")) {
            summary += &format!(" (request {id})");
        }
        summary
    }
}

/// Sends a request, checks its answer and prints the result. `check` returns what it saw, or what is wrong.
pub(crate) async fn step<T>(
    name: &str,
    request: RequestBuilder,
    expected: u16,
    check: impl FnOnce(&Answer) -> Result<(String, T), String>,
) -> Result<T, Failed> {
    let started = Instant::now();
    let outcome = exchange(request, expected, check).await;
    let millis = started.elapsed().as_millis();
    match outcome {
        Ok((saw, value)) => {
            say(&format!("ok      {name:<16} {millis:>6} ms  {expected}: {saw}"));
            Ok(value)
        }
        Err(fault) => {
            say(&format!("FAILED  {name:<16} {millis:>6} ms  {fault}"));
            Err(Failed)
        }
    }
}

/// Sends a request and checks its answer. The error says what is wrong.
pub(crate) async fn exchange<T>(
    request: RequestBuilder,
    expected: u16,
    check: impl FnOnce(&Answer) -> Result<T, String>,
) -> Result<T, String> {
    let answer = send(request).await?;
    if answer.status != expected {
        return Err(format!("answered {}, not {expected}", answer.summary()));
    }
    check(&answer).map_err(|fault| format!("answered {expected}, but {fault}"))
}

async fn send(request: RequestBuilder) -> Result<Answer, String> {
    let answer = request.send().await.map_err(|error| reason(&error))?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.map_err(|error| reason(&error))?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// Why there was no answer. The innermost cause is the most useful one.
pub fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let what = match (error.is_connect(), error.is_timeout()) {
        (true, _) => "cannot connect",
        (_, true) => "no answer in time",
        _ => "no answer",
    };
    format!("{what}: {cause}")
}

/// Prints a line to standard output. It is no error if nobody reads it.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
