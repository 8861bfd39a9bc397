use super::{FaultCode, Invalid};

/// The HTTP method of webhook requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebhookMethod {
    /// Cleared: the empty string.
    None,
    /// `POST`, the default.
    #[default]
    Post,
    /// `GET`.
    Get,
    /// `PUT`.
    Put,
    /// `DELETE`.
    Delete,
}

impl WebhookMethod {
    /// # Errors
    /// [`Invalid`] for any other text; methods are case-sensitive (RFC 9110, section 9.1).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "" => Ok(Self::None),
            "POST" => Ok(Self::Post),
            "GET" => Ok(Self::Get),
            "PUT" => Ok(Self::Put),
            "DELETE" => Ok(Self::Delete),
            _ => Err(Invalid::new(
                FaultCode::NotAllowed,
                "must be POST, GET, PUT, DELETE or empty",
            )),
        }
    }

    /// The method as written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Post => "POST",
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
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
