use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use customer::{CustomerId, SigningSecret, Timestamp};

use super::{Endpoint, Update, Webhook, after, send, text};
use crate::author::{Author, WRITTEN_BY};
use crate::customer_store::CustomerStore;
use crate::error::{Cause, StoreError};

/// How long the previous secret signs too, after a rotation.
const SIGNED_BY_BOTH: Duration = Duration::from_secs(24 * 60 * 60);

impl CustomerStore {
    /// The secrets of a customer's webhook; the first use makes one.
    ///
    /// # Errors
    /// [`StoreError::Erased`], or a failure of the system.
    pub async fn make_signing_secret(&self, id: CustomerId) -> Result<Webhook, StoreError> {
        let update = self
            .update_webhook(id)
            .update_expression("SET secret = if_not_exists(secret, :secret)")
            .expression_attribute_values(":secret", new_secret()?);
        let Update { webhook, .. } = send(id, update).await?;
        match webhook.secret {
            Some(_) => Ok(webhook),
            None => Err(StoreError::Internal(Cause::new(
                "DynamoDB answered an update without the webhook's secret",
            ))),
        }
    }

    /// Makes a new secret for a webhook. The previous one signs too for a day.
    ///
    /// # Errors
    /// [`StoreError::Erased`], or a failure of the system.
    pub async fn rotate_signing_secret(
        &self,
        endpoint: Endpoint,
        by: &Author,
        now: Timestamp,
    ) -> Result<Endpoint, StoreError> {
        let id = endpoint.record.customer.id;
        if endpoint.webhook.secret.is_none() {
            self.make_signing_secret(id).await?;
        }
        // The SDK may send the update again after its answer was lost, and after another rotation. That changes nothing then.
        let update = self
            .update_webhook(id)
            .update_expression(format!(
                "SET previous_secret = secret, previous_until = :until, secret = :new, {WRITTEN_BY} = :by"
            ))
            .condition_expression(
                "attribute_exists(secret) AND secret <> :new \
                 AND (attribute_not_exists(previous_secret) OR previous_secret <> :new)",
            )
            .expression_attribute_values(":new", new_secret()?)
            .expression_attribute_values(":until", text(after(now, SIGNED_BY_BOTH).to_string()))
            .expression_attribute_values(":by", by.value());
        let Update { webhook, .. } = send(id, update).await?;
        Ok(Endpoint { webhook, ..endpoint })
    }
}

/// A new secret, as the value of an attribute.
fn new_secret() -> Result<AttributeValue, StoreError> {
    let secret = SigningSecret::generate()
        .map_err(|error| StoreError::Internal(Cause::new(format!("no random bytes: {error}"))))?;
    Ok(text(secret.expose()))
}
