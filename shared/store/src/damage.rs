use customer::CustomerId;

/// A stored customer or webhook that cannot be read: an attribute of its item is missing or has the wrong form. It contains
/// no value but the item's key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored {key} is damaged: its attribute `{attribute}` is missing or has the wrong form")]
pub struct Damage {
    /// The item's key: `customer#` or `webhook#`, and the customer's id.
    pub key: String,
    /// The attribute's name.
    pub attribute: &'static str,
}

impl Damage {
    pub(crate) fn of(id: CustomerId, attribute: &'static str) -> Self {
        Self {
            key: format!("customer#{id}"),
            attribute,
        }
    }

    pub(crate) fn of_webhook(id: CustomerId, attribute: &'static str) -> Self {
        Self {
            key: format!("webhook#{id}"),
            attribute,
        }
    }

    /// Writes the damage to the log.
    pub(crate) fn log(&self) {
        let Self { key, attribute } = self;
        tracing::error!(key, attribute, "a stored customer is damaged");
    }
}
