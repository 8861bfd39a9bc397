use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use customer::Timestamp;

use crate::keys::Item;

/// One attempt to deliver an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// The status of the endpoint's answer, if there was one.
    pub status: Option<u16>,
    /// Why it failed, in a sentence for the customer.
    pub error: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// When the next attempt is due, if there is one.
    pub next_at: Option<Timestamp>,
}

impl Attempt {
    pub(super) fn value(&self) -> AttributeValue {
        let text = |text: String| AttributeValue::S(text);
        let number = |number: String| AttributeValue::N(number);
        let members = [
            ("at", Some(text(self.at.to_string()))),
            ("status", self.status.map(|status| number(status.to_string()))),
            ("error", self.error.clone().map(text)),
            ("ms", Some(number(self.took.as_millis().to_string()))),
            ("next_at", self.next_at.map(|next| text(next.to_string()))),
        ];
        let members = members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        AttributeValue::M(members.collect())
    }

    /// The attempt in this value, if it can be read.
    pub(super) fn of(value: &AttributeValue) -> Option<Self> {
        let members: &Item = value.as_m().ok()?;
        let text = |name: &str| members.get(name).and_then(|value| value.as_s().ok());
        let number = |name: &str| members.get(name).and_then(|value| value.as_n().ok());
        Some(Self {
            at: Timestamp::parse(text("at")?).ok()?,
            status: number("status").and_then(|status| status.parse().ok()),
            error: text("error").cloned(),
            took: Duration::from_millis(number("ms")?.parse().ok()?),
            next_at: text("next_at").and_then(|next| Timestamp::parse(next).ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_read_back_with_and_without_an_answer() {
        let at = Timestamp::parse("2026-01-02 03:04:05.000006").unwrap();
        let delivered = Attempt {
            at,
            status: Some(204),
            error: None,
            took: Duration::from_millis(21),
            next_at: None,
        };
        let failed = Attempt {
            status: None,
            error: Some("no answer within 15 seconds".to_owned()),
            next_at: Some(at),
            ..delivered.clone()
        };
        for attempt in [delivered, failed] {
            assert_eq!(Attempt::of(&attempt.value()), Some(attempt));
        }
    }
}
