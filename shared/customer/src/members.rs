//! The members of a JSON object, in document order.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::fault::{Fault, FaultAt, FaultCode};

/// A JSON object's members in document order. Repeated keys are kept, which a map would lose.
pub(crate) struct Members(pub(crate) Vec<(String, Value)>);

impl Members {
    /// # Errors
    /// The one fault of a document that cannot be read as JSON, or is not an object.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, FaultAt> {
        serde_json::from_slice(json).map_err(|error: serde_json::Error| {
            let fault = if error.is_data() {
                Fault::new(FaultCode::WrongType, "the document must be a JSON object")
            } else {
                // A syntax error says what was expected and where. It never quotes the input.
                Fault::new(
                    FaultCode::NotJson,
                    format!("the document cannot be read as JSON: {error}"),
                )
            };
            fault.at("")
        })
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
