use aws_sdk_dynamodb::types::AttributeValue;
use customer::{CustomerId, Timestamp};

use super::attempt::Attempt;
use super::key;
use crate::author::{Author, WRITTEN_BY};
use crate::error::{Cause, StoreError};
use crate::keys::Item;

/// What was told of one change, and what became of its delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The customer.
    pub customer_id: CustomerId,
    /// The version that the change made.
    pub version: u64,
    /// The event's JSON, as it was told.
    pub event: String,
    /// Who made the change.
    pub by: Option<Author>,
    /// What became of the delivery.
    pub delivery: DeliveryState,
    /// The attempts to deliver it, the oldest first.
    pub attempts: Vec<Attempt>,
    /// When it was last found that nothing is sent.
    pub skipped_at: Option<Timestamp>,
    /// Until when it is kept, in seconds since 1970.
    pub expires_at: i64,
}

/// What became of the delivery of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// An attempt is due.
    Pending,
    /// An attempt succeeded.
    Delivered,
    /// The last attempt failed, and there is no other.
    Failed,
    /// Nothing was sent.
    Skipped,
}

impl DeliveryState {
    const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Failed, Self::Skipped];

    /// The name of the state.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    pub(super) fn value(self) -> AttributeValue {
        AttributeValue::S(self.as_str().to_owned())
    }

    fn of(value: &AttributeValue) -> Option<Self> {
        let name = value.as_s().ok()?;
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl Row {
    /// Whether the row is kept no longer. DynamoDB may take days to remove it.
    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now.seconds()
    }

    /// # Errors
    /// [`StoreError::Internal`], in practice never.
    pub(super) fn item(&self) -> Result<Item, StoreError> {
        let mut item = key(self.customer_id, self.version);
        let attempts = self
            .attempts
            .iter()
            .map(Attempt::value)
            .collect::<Result<_, _>>()?;
        item.extend(
            [
                ("event", AttributeValue::S(self.event.clone())),
                ("delivery", self.delivery.value()),
                ("attempts", AttributeValue::L(attempts)),
                ("expires_at", AttributeValue::N(self.expires_at.to_string())),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        item.extend(self.by.as_ref().map(|by| (WRITTEN_BY.to_owned(), by.value())));
        let skipped_at = self.skipped_at.map(|at| AttributeValue::S(at.to_string()));
        item.extend(skipped_at.map(|at| ("skipped_at".to_owned(), at)));
        Ok(item)
    }

    /// # Errors
    /// The row's key, if an attribute is missing or has the wrong form.
    pub(super) fn of(item: Item) -> Result<Self, Cause> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        let number = |name: &str| item.get(name).and_then(|value| value.as_n().ok());
        let attempts = item.get("attempts").and_then(|value| value.as_l().ok());
        let attempts: Vec<_> = attempts.into_iter().flatten().filter_map(Attempt::of).collect();
        let row = || {
            Some(Self {
                customer_id: CustomerId::parse(text("customer_id")?).ok()?,
                version: number("version")?.parse().ok()?,
                event: text("event")?.clone(),
                by: Author::of(&item),
                delivery: match DeliveryState::of(item.get("delivery")?)? {
                    // It was sent: only a later attempt was skipped.
                    DeliveryState::Skipped if !attempts.is_empty() => DeliveryState::Failed,
                    state => state,
                },
                attempts,
                skipped_at: text("skipped_at").and_then(|text| Timestamp::parse(text).ok()),
                expires_at: number("expires_at")?.parse().ok()?,
            })
        };
        row().ok_or_else(|| {
            let key = [text("customer_id"), number("version")].map(|part| part.map_or("?", String::as_str));
            Cause::new(format!("the row {} of the history cannot be read", key.join(".")))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn row() -> Row {
        Row {
            customer_id: CustomerId::generate(),
            version: 7,
            event: "{}".to_owned(),
            by: Some(Author::caller("operator", "console")),
            delivery: DeliveryState::Pending,
            attempts: vec![Attempt {
                at: Timestamp::parse("2026-01-02 03:04:05.000006").unwrap(),
                status: Some(204),
                error: None,
                took: Duration::from_millis(21),
                next_at: None,
            }],
            skipped_at: None,
            expires_at: 1_800_000_000,
        }
    }

    #[test]
    fn an_event_that_was_sent_before_it_was_skipped_is_told_as_failed() {
        let row = Row {
            delivery: DeliveryState::Skipped,
            ..row()
        };
        let read = Row::of(row.item().unwrap()).unwrap();
        assert_eq!(
            (read.delivery, read.attempts),
            (DeliveryState::Failed, row.attempts)
        );
    }

    #[test]
    fn a_row_is_read_back_in_every_state_with_or_without_an_author() {
        let skipped_at = Timestamp::parse("2026-01-02 03:04:05.000007").ok();
        for delivery in DeliveryState::ALL {
            for (by, skipped_at) in [(None, skipped_at), (Some(Author::import()), None)] {
                let mut row = Row {
                    delivery,
                    by,
                    skipped_at,
                    ..row()
                };
                if delivery == DeliveryState::Skipped {
                    row.attempts.clear();
                }
                assert_eq!(Row::of(row.item().unwrap()).unwrap(), row);
            }
        }
    }

    #[test]
    fn a_row_that_cannot_be_read_is_named_and_its_event_is_not() {
        let mut item = Row {
            event: "made-up".to_owned(),
            ..row()
        }
        .item()
        .unwrap();
        item.insert("delivery".to_owned(), AttributeValue::S("lost".to_owned()));
        let cause = Row::of(item).unwrap_err().to_string();
        assert!(cause.contains(".7 ") && !cause.contains("made-up"), "{cause}");
    }
}
