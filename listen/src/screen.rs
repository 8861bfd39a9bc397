//! What is shown, and where: events on standard output, problems on standard error. With `--json`, standard output has
//! nothing but events.

use std::net::SocketAddr;

use axum::http::StatusCode;
use jiff::ZonedDateTime;
use local::output::Output;
use registry_client::{visible, visible_json};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::forward::Forward;
use crate::secrets::Secrets;

/// Shows what happens.
pub(crate) struct Screen {
    pub(crate) output: Output,
    pub(crate) errors: Output,
    /// Whether standard output is for a program.
    pub(crate) is_json: bool,
}

/// What of an event is shown.
#[derive(Deserialize)]
struct Event {
    r#type: String,
    version: u64,
    changed: Vec<String>,
}

impl Screen {
    /// Shows a verified message. The body of a GET is empty.
    pub(crate) fn event(&self, id: &str, body: &[u8], is_repeated: bool) {
        let repeated = if is_repeated { "  (a repetition)" } else { "" };
        if !self.is_json {
            return self.out(&line(&format!("{}{repeated}", summary(id, body))));
        }
        if is_repeated {
            self.err(&line(&format!("{:<17}  {id}", "a repetition")));
        }
        match (body, serde_json::from_slice::<IgnoredAny>(body)) {
            ([], _) => self.out(&json!({ "id": id }).to_string()),
            (_, Ok(_)) => self.out(&visible_json(&String::from_utf8_lossy(body))),
            (_, Err(_)) => self.problem("no event", id, "its body is not JSON"),
        }
    }

    /// Shows the answer to a message that was passed on.
    pub(crate) fn forwarded(&self, id: &str, status: StatusCode, millis: u128) {
        self.note(&line(&format!(
            "{:<17}  {id}  {} in {millis} ms",
            "forwarded",
            status.as_u16()
        )));
    }

    /// Shows what is wrong with a message.
    pub(crate) fn problem(&self, what: &str, id: &str, reason: &str) {
        // A forged id may be as long as a header can be.
        let id: String = id.chars().take(100).collect();
        self.err(&line(&format!("{what:<17}  {id}  {reason}")));
    }

    /// Shows what is no event.
    pub(crate) fn note(&self, text: &str) {
        match self.is_json {
            true => self.err(text),
            false => self.out(text),
        }
    }

    fn out(&self, line: &str) {
        self.output.say(format!("{line}\n"));
    }

    fn err(&self, line: &str) {
        self.errors.say(format!("{line}\n"));
    }
}

fn summary(id: &str, body: &[u8]) -> String {
    if body.is_empty() {
        return format!("{:<17}  {id}  no body, as in every GET", "GET");
    }
    let Ok(event) = serde_json::from_slice::<Event>(body) else {
        return format!("{:<17}  {id}  verified, but its body is no event", "unknown");
    };
    format!(
        "{:<17}  {id}  version {}  {}",
        event.r#type,
        event.version,
        event.changed.join(", ")
    )
}

/// A line with the time. What could command the terminal is written as escapes.
fn line(text: &str) -> String {
    let now = ZonedDateTime::now().strftime("%H:%M:%S").to_string();
    format!("{now}  {}", visible(text.trim_end()))
}

/// Where messages are received, and what to do to receive some.
pub(crate) fn greeting(address: SocketAddr, secrets: &Secrets, forward: Option<&Forward>) -> String {
    let mut greeting = format!("Listening for webhooks at http://{address}/\n");
    if let Some(forward) = forward {
        greeting += &format!("Verified messages are passed on to {}\n", forward.host());
    }
    greeting += "\nThe registry sends to this machine if it runs on it and was started with:\n";
    greeting += "  customers serve --allow-private-webhooks\n\n";
    match secrets.registry() {
        None => greeting += &format!("Set the customer's webhook_uri to http://{address}/\n"),
        Some(registry) => {
            greeting += &format!(
                "Set a customer's webhook_uri, and send a first event:
  curl -X PATCH {registry}/customers/$ID -H \"Authorization: Bearer ${{CUSTOMERS_TOKEN:-operator}}\" \\
    -H 'Content-Type: application/json' -d '{{\"webhook_uri\": \"http://{address}/\"}}'
  curl -X POST {registry}/customers/$ID/webhook/test -H \"Authorization: Bearer ${{CUSTOMERS_TOKEN:-operator}}\"
"
            );
        }
    }
    greeting + "\nCtrl-C stops it.\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_that_cannot_command_the_terminal() {
        let body = br#"{"type":"customer.updated\u001b[2J","version":2,"changed":["name","detail\n"]}"#;
        let line = line(&summary("a.2", body));
        let (_, shown) = line.split_once("  ").unwrap();
        assert_eq!(shown, r"customer.updated\u{1b}[2J  a.2  version 2  name, detail");
        assert!(!line.contains(char::is_control), "{line}");
    }

    #[test]
    fn a_get_and_a_body_that_is_no_event_are_named_as_such() {
        assert!(summary("a.1", b"").contains("no body"));
        assert!(summary("a.1", b"[]").contains("no event"));
    }
}
