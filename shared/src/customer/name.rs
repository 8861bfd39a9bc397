use super::{FaultCode, Invalid};

/// A display name: at most 255 characters (Unicode scalar values), possibly none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// The most characters a name has.
    pub const MAX_CHARACTERS: usize = 255;

    /// # Errors
    /// [`Invalid`] if `text` is too long.
    pub fn parse(text: impl Into<String>) -> Result<Self, Invalid> {
        let text = text.into();
        if text.chars().count() > Self::MAX_CHARACTERS {
            return Err(Invalid::new(
                FaultCode::TooLong,
                "must be at most 255 characters long",
            ));
        }
        Ok(Self(text))
    }

    /// The value as the table holds it, checked by the rules of the day on which it was written.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters_not_bytes() {
        assert!(Name::parse("").is_ok());
        assert!(Name::parse("é".repeat(255)).is_ok());
        assert_eq!(Name::parse("é".repeat(256)).unwrap_err().code, FaultCode::TooLong);
    }
}
