//! What an attempt makes of the state of the endpoint that it went to. The customer may have got another one meanwhile.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use customer::{CustomerId, Timestamp};

use super::{Endpoint, Failure, Update, Webhook, after, send, text};
use crate::customer_store::CustomerStore;
use crate::error::StoreError;

/// How long an endpoint may fail without one success before it is disabled.
const PATIENCE: Duration = Duration::from_secs(5 * 24 * 60 * 60);

impl CustomerStore {
    /// Notes that a delivery succeeded, which enables the endpoint, unless another one was disabled meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Erased`], or a failure of the system.
    pub async fn note_delivery(&self, endpoint: &Endpoint, now: Timestamp) -> Result<(), StoreError> {
        const SUCCEEDED: &str = "SET succeeded_at = :now";
        let id = endpoint.record.customer.id;
        let update = |expression: String| {
            self.update_webhook(id)
                .update_expression(expression)
                .expression_attribute_values(":now", text(now.to_string()))
        };
        let enable = update(format!(
            "{SUCCEEDED} REMOVE failing_since, disabled_at, disabled_because, disabled_for"
        ));
        let enabled = send(id, unless_another_is_disabled(enable, endpoint)).await?;
        if !enabled.took_effect {
            send(id, update(SUCCEEDED.to_owned())).await?;
        }
        Ok(())
    }

    /// Notes that a delivery failed, and disables the endpoint if it `is_gone` or has failed for five days without one
    /// success. Answers whether the customer's endpoint is disabled by that: it is not if it was before, or if it has been
    /// written since.
    ///
    /// # Errors
    /// [`StoreError::Erased`], or a failure of the system.
    pub async fn note_failure(
        &self,
        endpoint: &Endpoint,
        failure: &Failure,
        is_gone: bool,
    ) -> Result<bool, StoreError> {
        let id = endpoint.record.customer.id;
        let webhook = self.add_failure(id, failure).await?;
        let failing_since = webhook.failing_since;
        // Failures before `webhook_uri` was written do not count for the new address. If a success of a later attempt has
        // removed `failing_since`, nothing counts.
        let failing_for_it = failing_since.map(|since| since.max(endpoint.written_at.unwrap_or(since)));
        let is_hopeless = failing_for_it.is_some_and(|since| after(since, PATIENCE) <= failure.at);
        if endpoint.disabled().is_some() || !(is_gone || is_hopeless) {
            return Ok(false);
        }
        let because = match is_gone {
            true => "the endpoint answered 410 Gone".to_owned(),
            false => format!(
                "no delivery succeeded for 5 days; the last one: {}",
                failure.reason
            ),
        };
        let update = self
            .update_webhook(id)
            .update_expression("SET disabled_at = :now, disabled_because = :because, disabled_for = :writing")
            .expression_attribute_values(":now", text(failure.at.to_string()))
            .expression_attribute_values(":because", text(because));
        let update = unless_another_is_disabled(update, endpoint);
        let update = match failing_since {
            // A success meanwhile has removed it.
            Some(since) if !is_gone => also_if(update, "failing_since = :since")
                .expression_attribute_values(":since", text(since.to_string())),
            _ => update,
        };
        let Update { webhook: now, .. } = send(id, update).await?;
        if now.disabled.is_none_or(|disabled| disabled.at != failure.at) {
            return Ok(false);
        }
        Ok(self.endpoint(id).await?.disabled().is_some())
    }

    /// Adds a failure, unless a later attempt has already failed.
    async fn add_failure(&self, id: CustomerId, failure: &Failure) -> Result<Webhook, StoreError> {
        let update = self
            .update_webhook(id)
            .update_expression(
                "SET failed_at = :now, failed_because = :because, failing_since = if_not_exists(failing_since, :now)",
            )
            .expression_attribute_values(":now", text(failure.at.to_string()))
            .expression_attribute_values(":because", text(failure.reason.clone()));
        let update = also_if(update, "(attribute_not_exists(failed_at) OR failed_at <= :now)");
        Ok(send(id, update).await?.webhook)
    }
}

/// Adds the condition that no other writing of `webhook_uri` was disabled since `endpoint` was read: what an attempt at an old
/// address finds out does not count for a new one.
fn unless_another_is_disabled(
    update: UpdateItemFluentBuilder,
    endpoint: &Endpoint,
) -> UpdateItemFluentBuilder {
    let read = endpoint.webhook.disabled_for.clone();
    also_if(
        update,
        "(attribute_not_exists(disabled_for) OR disabled_for IN (:writing, :read))",
    )
    .expression_attribute_values(":read", text(read.unwrap_or_else(|| endpoint.writing())))
    .expression_attribute_values(":writing", text(endpoint.writing()))
}

fn also_if(update: UpdateItemFluentBuilder, condition: &str) -> UpdateItemFluentBuilder {
    let before = update.get_condition_expression().clone().unwrap_or_default();
    update.condition_expression(format!("{before} AND {condition}"))
}
