use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use customer::Timestamp;
use serde::{Deserialize, Serialize};

use super::row::DeliveryState;
use crate::error::StoreError;

/// One attempt to deliver an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// The status of the endpoint's answer, if there was one.
    pub status: Option<u16>,
    /// Why it failed, in a sentence for the customer; `None` if it succeeded.
    pub error: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// When the next attempt is due, if there is one.
    pub next_at: Option<Timestamp>,
}

/// A row holds an attempt as JSON text, because a condition can look for a text in a list.
#[derive(Serialize, Deserialize)]
struct Written {
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
}

impl Attempt {
    /// The state of the delivery after this attempt.
    pub(super) fn state(&self) -> DeliveryState {
        match (&self.error, self.next_at) {
            (None, _) => DeliveryState::Delivered,
            (Some(_), Some(_)) => DeliveryState::Pending,
            (Some(_), None) => DeliveryState::Failed,
        }
    }

    /// # Errors
    /// [`StoreError::Internal`], in practice never.
    pub(super) fn value(&self) -> Result<AttributeValue, StoreError> {
        let written = Written {
            at: self.at.to_string(),
            status: self.status,
            error: self.error.clone(),
            ms: u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            next_at: self.next_at.map(|next| next.to_string()),
        };
        let text = serde_json::to_string(&written).map_err(|error| StoreError::Internal(error.into()))?;
        Ok(AttributeValue::S(text))
    }

    /// The attempt in this value, if it can be read.
    pub(super) fn of(value: &AttributeValue) -> Option<Self> {
        let written: Written = serde_json::from_str(value.as_s().ok()?).ok()?;
        Some(Self {
            at: Timestamp::parse(&written.at).ok()?,
            status: written.status,
            error: written.error,
            took: Duration::from_millis(written.ms),
            next_at: written.next_at.and_then(|next| Timestamp::parse(&next).ok()),
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
            assert_eq!(Attempt::of(&attempt.value().unwrap()), Some(attempt));
        }
    }

    #[test]
    fn a_delivery_is_pending_while_another_attempt_is_due() {
        let at = Timestamp::parse("2026-01-02 03:04:05.000006").unwrap();
        let state = |error: Option<&str>, next_at| {
            let attempt = Attempt {
                at,
                status: None,
                error: error.map(str::to_owned),
                took: Duration::ZERO,
                next_at,
            };
            attempt.state()
        };
        assert_eq!(state(None, None), DeliveryState::Delivered);
        assert_eq!(state(Some("no"), Some(at)), DeliveryState::Pending);
        assert_eq!(state(Some("no"), None), DeliveryState::Failed);
    }
}
