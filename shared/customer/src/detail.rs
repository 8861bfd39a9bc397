use crate::fault::{Fault, FaultCode};
use crate::text::{Rule, Text};

/// Notes about an account: at most 65,535 bytes of UTF-8, possibly empty.
pub type Detail = Text<DetailRule>;

/// The rule of a [`Detail`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DetailRule;

impl Rule for DetailRule {
    fn check(text: &str) -> Result<(), Fault> {
        if text.len() > 65_535 {
            return Err(Fault::new(
                FaultCode::TooLong,
                "must be at most 65,535 bytes long in UTF-8",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_bytes() {
        assert!(Detail::parse("").is_ok());
        assert!(Detail::parse("a".repeat(65_535)).is_ok());
        let fault = Detail::parse("a".repeat(65_536)).unwrap_err();
        assert_eq!(fault.code, FaultCode::TooLong);
        assert!(Detail::parse("é".repeat(32_767)).is_ok());
        assert!(Detail::parse("é".repeat(32_768)).is_err());
    }
}
