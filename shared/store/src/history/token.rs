use customer::{CustomerId, Fault, FaultCode};

use crate::token::{open, seal};

/// A position in a customer's history: after the event of a version. As text it is opaque and URL-safe. It holds a version of
/// its own, the customer's id, and the event's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryToken {
    id: CustomerId,
    pub(super) version: u64,
}

const VERSION: u8 = 2;

impl HistoryToken {
    pub(super) fn after(id: CustomerId, version: u64) -> Self {
        Self { id, version }
    }

    /// Reads a token that was made for the history of this customer.
    ///
    /// # Errors
    /// A fault for any other text.
    pub fn parse(text: &str, id: CustomerId) -> Result<Self, Fault> {
        Self::decode(text).filter(|token| token.id == id).ok_or_else(|| {
            Fault::new(
                FaultCode::InvalidFormat,
                "is not a token of this list: pass next_page_token on unchanged, for the same customer",
            )
        })
    }

    fn decode(text: &str) -> Option<Self> {
        let [VERSION, rest @ ..] = open::<25>(text)? else {
            return None;
        };
        let (id, version) = rest.split_at_checked(16)?;
        Some(Self {
            id: CustomerId::from_bytes(id.try_into().ok()?),
            version: u64::from_be_bytes(version.try_into().ok()?),
        })
    }

    /// The token as text, for `next_page_token`.
    pub fn encode(&self) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(self.id.as_bytes());
        bytes.extend(self.version.to_be_bytes());
        seal(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_for_its_own_customer_only() {
        let token = HistoryToken::after(CustomerId::generate(), u64::MAX);
        assert_eq!(HistoryToken::parse(&token.encode(), token.id).unwrap(), token);
        assert!(HistoryToken::parse(&token.encode(), CustomerId::generate()).is_err());
        assert!(HistoryToken::parse(&token.encode()[1..], token.id).is_err());
        assert!(HistoryToken::parse("", token.id).is_err());
    }
}
