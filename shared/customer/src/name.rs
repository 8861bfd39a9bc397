use crate::fault::{Fault, FaultCode};
use crate::text::{Rule, Text};

/// A display name: at most 255 characters (Unicode scalar values), possibly empty.
pub type Name = Text<NameRule>;

/// The rule of a [`Name`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameRule;

impl Rule for NameRule {
    fn check(text: &str) -> Result<(), Fault> {
        if text.chars().count() > 255 {
            return Err(Fault::new(
                FaultCode::TooLong,
                "must be at most 255 characters long",
            ));
        }
        Ok(())
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
