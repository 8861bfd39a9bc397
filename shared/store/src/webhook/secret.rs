use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use customer::{CustomerId, SigningSecret, Timestamp};

use super::{Endpoint, Webhook, after, changed, send, text};
use crate::author::{Author, WRITTEN_BY};
use crate::customer_store::CustomerStore;
use crate::error::{Cause, StoreError};

/// How long the previous secret signs too, after a rotation.
pub const SIGNED_BY_BOTH: Duration = Duration::from_secs(24 * 60 * 60);

/// How often a rotation is attempted if other rotations interfere.
const ATTEMPTS: usize = 3;

impl CustomerStore {
    /// The secrets of a customer's webhook; the first use makes one.
    ///
    /// # Errors
    /// [`StoreError::Erased`], or a failure of the system.
    pub async fn make_signing_secret(&self, id: CustomerId) -> Result<Webhook, StoreError> {
        let update = self
            .update_webhook(id)
            .update_expression("SET secret = if_not_exists(secret, :secret)")
            .expression_attribute_values(":secret", new_secret()?.1);
        changed(update).await
    }

    /// Makes a new secret for a webhook. The previous one signs too for [`SIGNED_BY_BOTH`].
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
        let webhook = match endpoint.webhook.secret {
            Some(_) => endpoint.webhook,
            None => self.make_signing_secret(id).await?,
        };
        Ok(Endpoint {
            webhook: self.replace_secret(id, webhook, by, now).await?,
            ..endpoint
        })
    }

    async fn replace_secret(
        &self,
        id: CustomerId,
        mut webhook: Webhook,
        by: &Author,
        now: Timestamp,
    ) -> Result<Webhook, StoreError> {
        let (new, new_value) = new_secret()?;
        let until = after(now, SIGNED_BY_BOTH);
        for _ in 0..ATTEMPTS {
            let Some(old) = &webhook.secret else { break };
            let update = self
                .update_webhook(id)
                .update_expression(format!(
                    "SET previous_secret = secret, previous_until = :until, secret = :new, {WRITTEN_BY} = :by"
                ))
                .condition_expression("secret = :old")
                .expression_attribute_values(":old", text(old.expose()))
                .expression_attribute_values(":new", new_value.clone())
                .expression_attribute_values(":until", text(until.to_string()))
                .expression_attribute_values(":by", by.value());
            match send(update).await? {
                Ok(webhook) => return Ok(webhook),
                Err(newer) => webhook = newer,
            }
            // The answer to an earlier attempt was lost, and the SDK repeated the request.
            if webhook.secret.as_ref() == Some(&new) {
                return Ok(webhook);
            }
        }
        Err(StoreError::Unavailable(Cause::new(
            "others kept rotating the secret while it was rotated",
        )))
    }
}

fn new_secret() -> Result<(SigningSecret, AttributeValue), StoreError> {
    let secret = SigningSecret::generate()
        .map_err(|error| StoreError::Internal(Cause::new(format!("no random bytes: {error}"))))?;
    let value = text(secret.expose());
    Ok((secret, value))
}
