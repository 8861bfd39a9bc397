use std::fmt;

use crate::fault::{Fault, FaultCode};

/// What callers see in place of a secret that they may not see.
pub const MASK: &str = "********";

/// The LINE channel secret: at most 255 printable ASCII characters.
pub type LineSecret = Secret<255>;

/// The LINE channel access token: at most 1,024 printable ASCII characters.
pub type LineToken = Secret<1024>;

/// A secret of at most `MAX` printable ASCII characters, possibly empty.
///
/// Its `Debug` shows nothing, and it has no `Display` and no `Serialize`. The value can be read only through
/// [`expose`](Self::expose).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<const MAX: usize>(String);

impl<const MAX: usize> Secret<MAX> {
    /// # Errors
    /// A fault if `text` is too long, has a character that is not printable ASCII, or is the mask. A client that reads
    /// a masked record and writes it back would otherwise overwrite the real secret.
    pub fn parse(text: impl Into<String>) -> Result<Self, Fault> {
        let text = text.into();
        if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(Fault::new(
                FaultCode::InvalidFormat,
                "must be printable ASCII characters only",
            ));
        }
        if text.len() > MAX {
            return Err(Fault::new(
                FaultCode::TooLong,
                format!("must be at most {MAX} characters long"),
            ));
        }
        if text == MASK {
            return Err(Fault::new(
                FaultCode::NotAllowed,
                "is the mask that stands for a secret, not a secret: leave the field out to keep the stored one",
            ));
        }
        Ok(Self(text))
    }

    /// A stored value. It is not checked again: it was valid by the rule in force when it was written.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The secret in clear text, for the database and for callers who may write the record.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What a caller without write access sees: the [`MASK`], or an empty text if no secret is set.
    pub fn masked(&self) -> &'static str {
        if self.0.is_empty() { "" } else { MASK }
    }
}

impl<const MAX: usize> fmt::Debug for Secret<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_secret_has_at_most_255_characters_and_a_line_token_1024() {
        assert!(LineSecret::parse("s".repeat(255)).is_ok());
        assert_eq!(
            LineSecret::parse("s".repeat(256)).unwrap_err().code,
            FaultCode::TooLong
        );
        assert!(LineToken::parse("t".repeat(1024)).is_ok());
        assert_eq!(
            LineToken::parse("t".repeat(1025)).unwrap_err().code,
            FaultCode::TooLong
        );
    }

    #[test]
    fn only_printable_ascii_is_accepted() {
        assert!(LineToken::parse(" ~/+=").is_ok());
        for text in ["\u{1f}", "\u{7f}", "é", "a\nb", "\0"] {
            assert_eq!(
                LineToken::parse(text).unwrap_err().code,
                FaultCode::InvalidFormat,
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_mask_is_refused_as_a_secret() {
        assert_eq!(LineSecret::parse(MASK).unwrap_err().code, FaultCode::NotAllowed);
    }

    #[test]
    fn debug_and_faults_do_not_show_the_secret() {
        let secret = LineSecret::parse("made-up-secret").unwrap();
        assert_eq!(format!("{secret:?}"), "[hidden]");
        let fault = LineSecret::parse("made-up-secret\n").unwrap_err();
        assert!(!format!("{fault:?} {fault}").contains("made-up"));
    }

    #[test]
    fn a_mask_hides_the_length_of_a_secret_but_not_whether_one_is_set() {
        assert_eq!(LineSecret::parse("x").unwrap().masked(), MASK);
        assert_eq!(LineSecret::default().masked(), "");
    }
}
