use std::fmt;

use crate::fault::{Fault, FaultCode};

/// What stands for a secret where the caller may not see it.
pub const MASK: &str = "********";

/// The LINE channel secret: at most 255 printable ASCII characters.
pub type LineSecret = Secret<255>;

/// The LINE channel access token: at most 1,024 printable ASCII characters.
pub type LineToken = Secret<1024>;

/// A secret of at most `MAX` printable ASCII characters, possibly none.
///
/// Its `Debug` shows nothing, and it has no `Display` and no `Serialize`: it leaves this type only through
/// [`expose`](Self::expose) and [`masked`](Self::masked).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<const MAX: usize>(String);

impl<const MAX: usize> Secret<MAX> {
    /// # Errors
    /// A fault if `text` is too long, holds another character, or is the mask itself, which a client
    /// that read a masked record would otherwise write over the real secret.
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

    /// The value as the table holds it: it was checked by the rule of the day on which it was written.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The secret in clear, for the database and for a caller who may write the record.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What a caller sees who may only read: the [`MASK`], or nothing where nothing is set.
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
    fn line_secret_takes_255_and_line_token_1024_characters() {
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
    fn only_printable_ascii_is_taken() {
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
    fn the_mask_is_no_secret() {
        assert_eq!(LineSecret::parse(MASK).unwrap_err().code, FaultCode::NotAllowed);
    }

    #[test]
    fn debug_and_faults_show_nothing_of_a_secret() {
        let secret = LineSecret::parse("made-up-secret").unwrap();
        assert_eq!(format!("{secret:?}"), "[hidden]");
        let fault = LineSecret::parse("made-up-secret\n").unwrap_err();
        assert!(!format!("{fault:?} {fault}").contains("made-up"));
    }

    #[test]
    fn a_mask_hides_how_long_a_secret_is_but_not_that_none_is_set() {
        assert_eq!(LineSecret::parse("x").unwrap().masked(), MASK);
        assert_eq!(LineSecret::default().masked(), "");
    }
}
