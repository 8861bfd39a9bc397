use super::{FaultCode, Invalid};

/// Notes about an account: at most 65,535 bytes of UTF-8, possibly none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail(String);

impl Detail {
    /// The most bytes of UTF-8 a detail has.
    pub const MAX_BYTES: usize = 65_535;

    /// # Errors
    /// [`Invalid`] if `text` is too long.
    pub fn parse(text: impl Into<String>) -> Result<Self, Invalid> {
        let text = text.into();
        if text.len() > Self::MAX_BYTES {
            return Err(Invalid::new(
                FaultCode::TooLong,
                "must be at most 65,535 bytes long in UTF-8",
            ));
        }
        Ok(Self(text))
    }

    /// The value as the table holds it, checked by the rules of the day on which it was written.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_bytes() {
        assert!(Detail::parse("").is_ok());
        assert!(Detail::parse("a".repeat(65_535)).is_ok());
        assert_eq!(
            Detail::parse("a".repeat(65_536)).unwrap_err().code,
            FaultCode::TooLong
        );
        assert!(Detail::parse("é".repeat(32_767)).is_ok());
        assert!(Detail::parse("é".repeat(32_768)).is_err());
    }
}
