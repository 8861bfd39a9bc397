use std::borrow::Cow;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::{Uuid, Variant};

use crate::fault::{Fault, FaultCode};

/// A customer's identifier: a UUID of any version (RFC 9562); those generated here have version 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CustomerId(Uuid);

impl CustomerId {
    /// A new identifier. Identifiers sort by creation time, to the millisecond.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    /// Reads the hyphenated form, in either case.
    ///
    /// # Errors
    /// A fault for any other form, and for a UUID that is not of RFC 9562's variant.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        parse_uuid(text).map(Self)
    }

    /// The identifier made of these 16 bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The identifier's 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl Serialize for CustomerId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CustomerId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

/// Reads a UUID of RFC 9562 from its hyphenated form. `uuid` alone would also accept braces, URNs and bare digits.
pub(crate) fn parse_uuid(text: &str) -> Result<Uuid, Fault> {
    const HYPHENATED: usize = 36;
    Uuid::try_parse(text)
        .ok()
        .filter(|uuid| text.len() == HYPHENATED && uuid.get_variant() == Variant::RFC4122)
        .ok_or_else(|| {
            Fault::new(
                FaultCode::InvalidFormat,
                "must be a UUID like 5e4a0680-804e-11ec-8477-2fea5968d85b",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_of_any_version_is_accepted_and_written_in_lower_case() {
        for text in [
            "5e4a0680-804e-11ec-8477-2fea5968d85b",
            "0190A5A0-6E2B-7CC3-9A3B-1D2E3F405162",
            "F47AC10B-58CC-4372-A567-0E02B2C3D479",
        ] {
            assert_eq!(CustomerId::parse(text).unwrap().to_string(), text.to_lowercase());
        }
    }

    #[test]
    fn other_forms_of_a_uuid_are_refused() {
        for text in [
            "",
            "5e4a0680804e11ec84772fea5968d85b",
            "{5e4a0680-804e-11ec-8477-2fea5968d85b}",
            "urn:uuid:5e4a0680-804e-11ec-8477-2fea5968d85b",
            "5e4a0680-804e-11ec-8477-2fea5968d85",
            "5e4a0680-804e-11ec-8477-2fea5968d85bb",
            "00000000-0000-0000-0000-000000000000",
            "5e4a0680-804e-11ec-c477-2fea5968d85b",
            "not-a-uuid",
        ] {
            assert!(CustomerId::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn generated_ids_have_version_7_and_differ() {
        let (one, other) = (CustomerId::generate(), CustomerId::generate());
        assert_eq!(one.0.get_version_num(), 7);
        assert_ne!(one, other);
    }
}
