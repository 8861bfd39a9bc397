use std::borrow::Cow;

use crate::fault::{Fault, FaultCode};

/// The HTTP method of webhook requests: one of [`METHODS`](Self::METHODS), or empty if it was cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookMethod(Cow<'static, str>);

impl WebhookMethod {
    /// The allowed methods; `POST` is the default.
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

    /// A stored value. It is not checked again: it was valid by the rule in force when it was written.
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
    fn the_four_methods_and_the_empty_string_are_accepted() {
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
