//! The size of a page of a list, and where the next page starts.

use customer::{Customer, CustomerId, Fault, FaultCode, Timestamp};

use crate::keys::listed_at;
use crate::listing::Listing;
use crate::token::{open, seal};

/// How many customers a page holds at most: 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u8);

impl PageSize {
    const MAX: u8 = 100;

    /// Reads a positive whole number; more than 100 counts as 100.
    ///
    /// # Errors
    /// A fault for anything else.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let digits = text.trim_start_matches('0');
        if digits.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Fault::new(
                FaultCode::InvalidFormat,
                "must be a whole number of at least 1; more than 100 is read as 100",
            ));
        }
        // A number that does not fit is more than the maximum.
        Ok(Self(
            digits.parse().map_or(Self::MAX, |size: u8| size.min(Self::MAX)),
        ))
    }

    /// The number.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(10)
    }
}

/// A position in a list: after the customer that it names. It stays valid when that customer leaves the list, and it
/// does not move when other customers come or go.
///
/// As text it is opaque and URL-safe. It holds a version, the list, and the customer's creation time and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken {
    listing: Listing,
    tm_create: Timestamp,
    id: CustomerId,
}

const VERSION: u8 = 1;
const BODY_LENGTH: usize = 26;

impl PageToken {
    pub(crate) fn after(customer: &Customer, listing: Listing) -> Self {
        Self {
            listing,
            tm_create: customer.tm_create,
            id: customer.id,
        }
    }

    /// Reads a token that was made for `listing`.
    ///
    /// # Errors
    /// A fault for any text that is not a token of this service for this list.
    pub fn parse(text: &str, listing: Listing) -> Result<Self, Fault> {
        Self::decode(text)
            .filter(|token| token.listing == listing)
            .ok_or_else(|| {
                Fault::new(
                    FaultCode::InvalidFormat,
                    "is not a token of this list: pass next_page_token on unchanged, with the same `deleted`",
                )
            })
    }

    fn decode(text: &str) -> Option<Self> {
        let body = open::<BODY_LENGTH>(text)?;
        let [VERSION, listing, rest @ ..] = body else {
            return None;
        };
        let (micros, id) = rest.split_at_checked(8)?;
        Some(Self {
            listing: match listing {
                0 => Listing::Live,
                1 => Listing::Deleted,
                _ => return None,
            },
            tm_create: Timestamp::from_micros(i64::from_be_bytes(micros.try_into().ok()?))?,
            id: CustomerId::from_bytes(id.try_into().ok()?),
        })
    }

    /// The token as text, for `next_page_token`.
    pub fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(BODY_LENGTH);
        bytes.push(VERSION);
        bytes.push(match self.listing {
            Listing::Live => 0,
            Listing::Deleted => 1,
        });
        bytes.extend(self.tm_create.micros().to_be_bytes());
        bytes.extend(self.id.as_bytes());
        seal(bytes)
    }

    /// The sort key after which the next page starts.
    pub(crate) fn listed_at(&self) -> String {
        listed_at(self.tm_create, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> PageToken {
        PageToken {
            listing: Listing::Live,
            tm_create: Timestamp::parse("2026-01-02 03:04:05.000006").unwrap(),
            id: CustomerId::parse("5e4a0680-804e-11ec-8477-2fea5968d85b").unwrap(),
        }
    }

    #[test]
    fn a_token_is_url_safe_and_read_back_unchanged() {
        let text = token().encode();
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
        assert_eq!(PageToken::parse(&text, Listing::Live).unwrap(), token());
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        assert!(PageToken::parse(&token().encode(), Listing::Deleted).is_err());
    }

    #[test]
    fn a_token_that_was_cut_or_changed_is_refused() {
        let text = token().encode();
        for end in 0..text.len() {
            assert!(
                PageToken::parse(&text[..end], Listing::Live).is_err(),
                "cut at {end}"
            );
        }
        for at in 0..text.len() {
            for other in "ABab01-_".chars().filter(|other| !text[at..].starts_with(*other)) {
                let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
                assert!(PageToken::parse(&changed, Listing::Live).is_err(), "{changed}");
            }
        }
        assert!(PageToken::parse(&format!("{text}A"), Listing::Live).is_err());
        assert!(PageToken::parse(&format!("{text}="), Listing::Live).is_err());
    }

    #[test]
    fn a_page_size_is_1_to_100() {
        for (text, size) in [
            ("1", 1),
            ("010", 10),
            ("100", 100),
            ("101", 100),
            ("99999999999999999999", 100),
        ] {
            assert_eq!(PageSize::parse(text).unwrap().get(), size);
        }
        for text in ["", "0", "00", "-1", "+1", "1.5", "ten", " 1", "1,2", "١"] {
            assert!(PageSize::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(PageSize::default().get(), 10);
    }
}
