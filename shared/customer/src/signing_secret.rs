use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How the text of a secret begins (Standard Webhooks 1.0).
const PREFIX: &str = "whsec_";

/// The secret that signs a customer's webhooks: 32 random bytes, written as `whsec_` and their base64 (Standard Webhooks 1.0).
///
/// Its `Debug` shows nothing, and it has no `Display` and no `Serialize`.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret([u8; 32]);

impl SigningSecret {
    /// A new secret.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self(key))
    }

    /// Parses a secret.
    pub fn parse(text: &str) -> Option<Self> {
        let key = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        key.try_into().ok().map(Self)
    }

    /// The secret in clear text, for the database and for a caller who may write the customer's record.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }

    /// The key of the signature.
    pub fn key(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_as_it_was_written() {
        let secret = SigningSecret::generate().unwrap();
        let text = secret.expose();
        assert_eq!(text.len(), "whsec_".len() + 44);
        assert_eq!(SigningSecret::parse(&text), Some(secret));
    }

    #[test]
    fn no_two_secrets_are_the_same() {
        assert!(SigningSecret::generate().unwrap() != SigningSecret::generate().unwrap());
    }

    #[test]
    fn only_32_bytes_behind_the_prefix_are_a_secret() {
        for text in [
            "",
            "whsec_",
            "whsec_AAAA",
            "whsec_!",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ] {
            assert!(SigningSecret::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_a_secret() {
        assert_eq!(format!("{:?}", SigningSecret::generate().unwrap()), "[hidden]");
    }
}
