use std::borrow::Cow;

use crate::fault::{Fault, FaultCode};

/// The HTTP method of webhook requests: one of [`METHODS`](Self::METHODS), or empty where it was cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookMethod(Cow<'static, str>);

impl WebhookMethod {
    /// The methods there are; `POST` is the default.
    pub const METHODS: [&'static str; 4] = ["POST", "GET", "PUT", "DELETE"];

    /// # Errors
    /// A fault for any other text; methods are case-sensitive (RFC 9110, section 9.1).
    pub fn parse(text: &str) -> Result<Self, Fault> {
        [""].iter()
            .chain(&Self::METHODS)
            .find(|method| **method == text)
            .map(|method| Self(Cow::Borrowed(method)))
            .ok_or_else(|| Fault::new(FaultCode::NotAllowed, "must be POST, GET, PUT, DELETE or empty"))
    }

    /// The value as the table holds it: it was checked by the rule of the day on which it was written.
    pub fn from_stored(text: String) -> Self {
        Self(Cow::Owned(text))
    }

    /// The method as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for WebhookMethod {
    fn default() -> Self {
        Self(Cow::Borrowed("POST"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_methods_and_the_empty_string_are_taken() {
        for text in ["", "POST", "GET", "PUT", "DELETE"] {
            assert_eq!(WebhookMethod::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(WebhookMethod::default().as_str(), "POST");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["post", "PATCH", "HEAD", " POST", "POST\n"] {
            assert!(WebhookMethod::parse(text).is_err(), "{text:?}");
        }
    }
}
