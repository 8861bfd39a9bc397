use crate::fault::{Fault, FaultCode};
use crate::text::{Rule, Text};

/// A login name: 1 to 255 ASCII letters, digits and `. _ - @ +`, kept as written.
///
/// Two usernames are the same if their [`key`](Self::key)s are equal.
pub type Username = Text<UsernameRule>;

/// The rule of a [`Username`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsernameRule;

impl Rule for UsernameRule {
    fn check(text: &str) -> Result<(), Fault> {
        if text.is_empty() {
            return Err(Fault::new(FaultCode::Required, "a customer needs a username"));
        }
        if !text.bytes().all(is_allowed) {
            return Err(Fault::new(
                FaultCode::InvalidFormat,
                "must be ASCII letters, digits and . _ - @ + only",
            ));
        }
        if text.len() > 255 {
            return Err(Fault::new(
                FaultCode::TooLong,
                "must be at most 255 characters long",
            ));
        }
        Ok(())
    }
}

impl Username {
    /// The name in lower case, which must be unique across the platform.
    pub fn key(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }

    /// Whether both names are the same, ignoring case.
    pub fn is_same_login(&self, other: &Self) -> bool {
        self.as_str().eq_ignore_ascii_case(other.as_str())
    }
}

fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@' | b'+')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> FaultCode {
        Username::parse(text).unwrap_err().code
    }

    #[test]
    fn length_is_1_to_255() {
        assert_eq!(code(""), FaultCode::Required);
        assert!(Username::parse("a").is_ok());
        assert!(Username::parse("a".repeat(255)).is_ok());
        assert_eq!(code(&"a".repeat(256)), FaultCode::TooLong);
    }

    #[test]
    fn only_the_allowed_characters_are_accepted() {
        for byte in 0..=127u8 {
            let character = char::from(byte);
            let allowed = character.is_ascii_alphanumeric() || "._-@+".contains(character);
            assert_eq!(
                Username::parse(character.to_string()).is_ok(),
                allowed,
                "{character:?}"
            );
        }
        assert_eq!(code("müller"), FaultCode::InvalidFormat);
        assert_eq!(
            code("a\u{212A}b"),
            FaultCode::InvalidFormat,
            "the Kelvin sign is not a k"
        );
    }

    #[test]
    fn case_is_kept_but_ignored_for_uniqueness() {
        let (upper, lower) = (
            Username::parse("Admin@X").unwrap(),
            Username::parse("admin@x").unwrap(),
        );
        assert_eq!(upper.as_str(), "Admin@X");
        assert_eq!(upper.key(), "admin@x");
        assert!(upper.is_same_login(&lower));
        assert_ne!(upper, lower);
    }
}
