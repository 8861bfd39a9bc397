//! The answer to a request, and why there is none.

use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::Value;
use uuid::Uuid;

/// The answer to a request.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; `null` if it is not JSON.
    pub body: Value,
    headers: HeaderMap,
}

impl Answer {
    /// A header field, `""` if it is absent.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// The status, with the server's error code and request id. Other text is not shown, because an unknown server
    /// might echo the token.
    pub fn summary(&self) -> String {
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

/// Sends a request and reads the answer to its end.
///
/// # Errors
/// Why there is no answer.
pub async fn send(request: RequestBuilder) -> Result<Answer, String> {
    let answer = request.send().await.map_err(|error| reason(&error))?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.map_err(|error| reason(&error))?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Answer {
        status,
        body,
        headers,
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
