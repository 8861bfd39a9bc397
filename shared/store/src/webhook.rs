//! The state of a customer's webhook, and the secret that signs it: an item of its own, with the key `webhook#<id>`.

mod noting;
mod secret;

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use customer::{CustomerId, SigningSecret, Timestamp};

use crate::customer_store::CustomerStore;
use crate::damage::Damage;
use crate::error::StoreError;
use crate::keys::{Item, customer_key, webhook_key};
use crate::record::{Record, read};
use crate::tombstone::erased_at;

/// The attribute of a customer's item that says when its `webhook_uri` was last written. It also tells one writing from
/// another.
pub(crate) const WRITTEN_AT: &str = "webhook_written_at";

/// A customer and the state of its webhook.
#[derive(Debug)]
pub struct Endpoint {
    /// The customer.
    pub record: Record,
    /// The webhook.
    pub webhook: Webhook,
    written_at: Option<Timestamp>,
}

/// The state of a customer's webhook.
#[derive(Debug, Default)]
pub struct Webhook {
    /// The secret that signs. The first use makes it.
    pub secret: Option<SigningSecret>,
    /// The previous secret, and until when it signs too.
    pub previous: Option<(SigningSecret, Timestamp)>,
    /// When a delivery last succeeded.
    pub last_success: Option<Timestamp>,
    /// The last delivery that failed.
    pub last_failure: Option<Failure>,
    failing_since: Option<Timestamp>,
    disabled: Option<Disabled>,
    /// The writing of `webhook_uri` that was disabled, `""` for the one at the creation. Earlier releases did not note it.
    disabled_for: Option<String>,
}

/// A delivery that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// When the attempt began.
    pub at: Timestamp,
    /// Why, in a sentence for the customer.
    pub reason: String,
}

/// An endpoint is disabled: nothing is sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disabled {
    /// When the attempt that disabled it began.
    pub at: Timestamp,
    /// Why, in a sentence for the customer.
    pub reason: String,
}

impl Endpoint {
    /// Since when and why the endpoint is disabled. Writing `webhook_uri` enables it.
    pub fn disabled(&self) -> Option<&Disabled> {
        let disabled = self.webhook.disabled.as_ref()?;
        let is_this_writing = match &self.webhook.disabled_for {
            Some(writing) => *writing == self.writing(),
            None => self.written_at.is_none_or(|written| written <= disabled.at),
        };
        is_this_writing.then_some(disabled)
    }

    /// The writing of `webhook_uri` that this endpoint is of.
    fn writing(&self) -> String {
        self.written_at
            .map_or_else(String::new, |written| written.to_string())
    }
}

impl Webhook {
    /// The secrets that sign at this time, the newest first.
    pub fn signing(&self, now: Timestamp) -> impl Iterator<Item = &SigningSecret> {
        let previous = self.previous.as_ref();
        let previous = previous
            .filter(|(_, until)| *until > now)
            .map(|(secret, _)| secret);
        self.secret.iter().chain(previous)
    }

    /// # Errors
    /// The name of a secret that cannot be read: without it, webhooks would be sent unsigned.
    fn read(item: &Item) -> Result<Self, &'static str> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        let time = |name: &str| text(name).and_then(|text| Timestamp::parse(text).ok());
        let secret = |name: &'static str| match item.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => SigningSecret::parse(text).map(Some).ok_or(name),
            Some(_) => Err(name),
        };
        let reason = |name: &str| text(name).cloned().unwrap_or_default();
        Ok(Self {
            secret: secret("secret")?,
            previous: secret("previous_secret")?.zip(time("previous_until")),
            last_success: time("succeeded_at"),
            last_failure: time("failed_at").map(|at| Failure {
                at,
                reason: reason("failed_because"),
            }),
            failing_since: time("failing_since"),
            disabled: time("disabled_at").map(|at| Disabled {
                at,
                reason: reason("disabled_because"),
            }),
            disabled_for: text("disabled_for").cloned(),
        })
    }
}

impl CustomerStore {
    /// The customer with this id, deleted or not, and its webhook: two strongly consistent reads at once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Erased`], [`StoreError::Damaged`], or a failure of the system.
    pub async fn endpoint(&self, id: CustomerId) -> Result<Endpoint, StoreError> {
        let reads = tokio::try_join!(self.get_item(customer_key(id)), self.get_item(webhook_key(id)));
        let (customer, webhook) = reads?;
        let customer = customer.ok_or(StoreError::NotFound)?;
        let written_at = customer.get(WRITTEN_AT).and_then(|value| value.as_s().ok());
        let written_at = written_at.and_then(|text| Timestamp::parse(text).ok());
        Ok(Endpoint {
            record: read(customer)?,
            webhook: read_webhook(id, webhook.as_ref())?,
            written_at,
        })
    }

    fn update_webhook(&self, id: CustomerId) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(HashMap::from([("pk".to_owned(), webhook_key(id))])))
            .condition_expression("attribute_not_exists(erased_at)")
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}

/// What became of an update.
struct Update {
    /// Whether its condition was met, so that it took effect.
    took_effect: bool,
    /// The webhook now.
    webhook: Webhook,
}

/// Sends an update. All these updates are idempotent, so the SDK may repeat them.
///
/// # Errors
/// [`StoreError::Erased`], [`StoreError::Damaged`], or a failure of the system.
async fn send(id: CustomerId, update: UpdateItemFluentBuilder) -> Result<Update, StoreError> {
    let error = match update.send().await {
        Ok(output) => {
            return Ok(Update {
                took_effect: true,
                webhook: read_webhook(id, output.attributes.as_ref())?,
            });
        }
        Err(error) => error,
    };
    let Some(UpdateItemError::ConditionalCheckFailedException(refusal)) = error.as_service_error() else {
        return Err(error.into());
    };
    match refusal.item.as_ref().and_then(erased_at) {
        Some(erased_at) => Err(StoreError::Erased(erased_at)),
        None => Ok(Update {
            took_effect: false,
            webhook: read_webhook(id, refusal.item.as_ref())?,
        }),
    }
}

/// The webhook in an item, if there is one.
///
/// # Errors
/// [`StoreError::Damaged`], which is logged.
fn read_webhook(id: CustomerId, item: Option<&Item>) -> Result<Webhook, StoreError> {
    let Some(item) = item else {
        return Ok(Webhook::default());
    };
    Webhook::read(item).map_err(|attribute| {
        let damage = Damage::of_webhook(id, attribute);
        damage.log();
        StoreError::Damaged(damage)
    })
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn after(time: Timestamp, duration: Duration) -> Timestamp {
    let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(time.micros().saturating_add(micros)).unwrap_or(time)
}
