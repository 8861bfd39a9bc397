use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use store::Cause;

use crate::sender::{CONNECT, EXCHANGE, MAX_ANSWER};

/// The most bytes of an error's text that are kept. An error of TLS can name every host of a certificate, and a row of the
/// history keeps hundreds of them.
const MAX_REASON: usize = 200;

/// Why an attempt failed, in words for the customer.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The host has no address.
    Unresolved,
    /// The host has this address, which is not allowed.
    Blocked(IpAddr),
    /// The connection failed.
    Unreachable(String),
    /// The endpoint did not answer in time.
    TooSlow,
    /// The endpoint answered 2xx, but with more header fields than [`MAX_ANSWER`] allows.
    TooLong,
    /// The endpoint closed the connection, or its answer is not HTTP.
    Broken(String),
    /// The endpoint answered with a status other than 2xx, and perhaps `Retry-After`.
    Status(u16, Option<Duration>),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unresolved => write!(f, "the host of webhook_uri has no address"),
            Self::Blocked(address) => write!(
                f,
                "blocked: the host of webhook_uri has the address {address}, which is not public"
            ),
            Self::Unreachable(reason) => write!(f, "no connection: {reason}"),
            Self::TooSlow => write!(f, "no answer within {} seconds", EXCHANGE.as_secs()),
            Self::TooLong => write!(f, "the answer's headers have more than {} KiB", MAX_ANSWER / 1024),
            Self::Broken(reason) => write!(f, "no complete answer: {reason}"),
            Self::Status(status, _) => write!(f, "the endpoint answered {status}"),
        }
    }
}

impl Refusal {
    pub(crate) fn unreachable(error: &dyn Error) -> Self {
        Self::Unreachable(reason(error))
    }

    pub(crate) fn slow_to_connect() -> Self {
        Self::Unreachable(format!("none within {} seconds", CONNECT.as_secs()))
    }

    pub(crate) fn broken(error: &dyn Error) -> Self {
        Self::Broken(reason(error))
    }

    /// The status of the endpoint's answer.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Status(status, _) => Some(*status),
            _ => None,
        }
    }

    /// How long the endpoint asks to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status(_, retry_after) => *retry_after,
            _ => None,
        }
    }
}

/// The beginning of the texts of an error and of its sources.
fn reason(error: &dyn Error) -> String {
    let mut text = Cause::of(error).to_string();
    if text.len() > MAX_REASON {
        text.truncate(text.floor_char_boundary(MAX_REASON));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_error_only_the_beginning_is_kept() {
        let names = "ä".repeat(5000);
        let error = std::io::Error::other(format!("not valid for {names}"));
        for refusal in [Refusal::unreachable(&error), Refusal::broken(&error)] {
            let text = refusal.to_string();
            assert!(
                text.contains(": not valid for ä") && text.ends_with("ä…"),
                "{text}"
            );
            assert!(text.len() < 250, "{} bytes", text.len());
        }
        let short = std::io::Error::other("refused");
        assert_eq!(Refusal::unreachable(&short).to_string(), "no connection: refused");
    }
}
