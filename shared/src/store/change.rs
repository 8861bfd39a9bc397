//! One conditional write to one customer.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure, Update};

use super::item::{WriteId, customer_key, record};
use super::{Cause, CustomerStore, Listing, Precondition, Record, StoreError};
use crate::customer::{CustomerId, CustomerPatch, Timestamp};

/// How a conditional write ended.
pub(super) enum Outcome {
    /// It took effect, now or at an earlier attempt; the record as it is since.
    Written(Record),
    /// A condition was not met; the record as it is.
    Refused(Record),
}

/// The expressions of a write under construction. Each attribute `a` is `#a` there, and its value `:a`.
pub(super) struct Change {
    pub(super) write: WriteId,
    sets: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Change {
    /// A write to an existing customer: it makes the next version, once.
    pub(super) fn new() -> Self {
        let write = WriteId::generate();
        let mut change = Self {
            write,
            sets: vec![
                "#version = #version + :one".to_owned(),
                "#writes[0] = :write".to_owned(),
            ],
            conditions: vec![
                "attribute_exists(#pk)".to_owned(),
                "NOT contains(#writes, :write)".to_owned(),
            ],
            names: HashMap::new(),
            values: HashMap::from([
                (":one".to_owned(), AttributeValue::N("1".to_owned())),
                (":write".to_owned(), write.value()),
            ]),
        };
        // Right-hand sides are read before anything is set: the memory of writes moves down by one.
        change
            .sets
            .extend((1..WriteId::REMEMBERED).map(|n| format!("#writes[{n}] = #writes[{}]", n - 1)));
        for attribute in ["pk", "version", "writes"] {
            change.name(attribute);
        }
        change
    }

    fn name(&mut self, attribute: &str) {
        self.names.insert(format!("#{attribute}"), attribute.to_owned());
    }

    /// Sets an attribute.
    pub(super) fn set(&mut self, attribute: &str, value: impl Into<String>) {
        self.set_value(attribute, AttributeValue::S(value.into()));
    }

    fn set_value(&mut self, attribute: &str, value: AttributeValue) {
        self.name(attribute);
        self.sets.push(format!("#{attribute} = :{attribute}"));
        self.values.insert(format!(":{attribute}"), value);
    }

    /// Sets every field of `patch` that is there, and `tm_update`.
    pub(super) fn apply(&mut self, patch: &CustomerPatch, now: Timestamp) {
        let texts = [
            ("username", patch.username.as_ref().map(|value| value.as_str())),
            ("name", patch.name.as_ref().map(|value| value.as_str())),
            ("detail", patch.detail.as_ref().map(|value| value.as_str())),
            ("webhook_method", patch.webhook_method.map(|value| value.as_str())),
            (
                "webhook_uri",
                patch.webhook_uri.as_ref().map(|value| value.as_str()),
            ),
            (
                "line_secret",
                patch.line_secret.as_ref().map(|value| value.expose()),
            ),
            (
                "line_token",
                patch.line_token.as_ref().map(|value| value.expose()),
            ),
        ];
        for (attribute, text) in texts {
            if let Some(text) = text {
                self.set(attribute, text);
            }
        }
        if let Some(ids) = &patch.permission_ids {
            let ids = ids.iter().map(|id| AttributeValue::S(id.to_string())).collect();
            self.set_value("permission_ids", AttributeValue::L(ids));
        }
        self.set("tm_update", now.to_string());
    }

    /// Only if the customer stands in this list.
    pub(super) fn only_if_listed(&mut self, listing: Listing) {
        self.name("listing");
        self.conditions.push("#listing = :listed".to_owned());
        self.values.insert(
            ":listed".to_owned(),
            AttributeValue::S(listing.as_str().to_owned()),
        );
    }

    /// Only if the customer's username is written just like this.
    pub(super) fn only_if_named(&mut self, username: &str) {
        self.name("username");
        self.conditions.push("#username = :named".to_owned());
        self.values
            .insert(":named".to_owned(), AttributeValue::S(username.to_owned()));
    }

    /// Only if the record has a version that `precondition` allows.
    pub(super) fn only_if(&mut self, precondition: &Precondition) {
        const NO_VERSION: [u64; 1] = [0];
        let versions = match precondition {
            Precondition::None => return,
            Precondition::VersionIn(versions) if versions.is_empty() => &NO_VERSION[..],
            Precondition::VersionIn(versions) => versions,
        };
        let mut placeholders = Vec::with_capacity(versions.len());
        for (n, version) in versions.iter().enumerate() {
            let placeholder = format!(":version{n}");
            self.values
                .insert(placeholder.clone(), AttributeValue::N(version.to_string()));
            placeholders.push(placeholder);
        }
        self.conditions
            .push(format!("#version IN ({})", placeholders.join(", ")));
    }

    fn update_expression(&self) -> String {
        format!("SET {}", self.sets.join(", "))
    }

    fn condition_expression(&self) -> String {
        self.conditions.join(" AND ")
    }

    /// The same write as part of a transaction.
    ///
    /// # Errors
    /// [`StoreError::Internal`] if the SDK misses a part of it.
    pub(super) fn into_transaction_item(self, table: &str, id: CustomerId) -> Result<Update, StoreError> {
        Update::builder()
            .table_name(table)
            .key("pk", customer_key(id))
            .update_expression(self.update_expression())
            .condition_expression(self.condition_expression())
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| StoreError::Internal(Cause::new(error.to_string())))
    }
}

impl CustomerStore {
    /// Makes `change` to the customer in one request.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or a failure of the system.
    pub(super) async fn write(&self, id: CustomerId, change: Change) -> Result<Outcome, StoreError> {
        let write = change.write;
        let result = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", customer_key(id))
            .update_expression(change.update_expression())
            .condition_expression(change.condition_expression())
            .set_expression_attribute_names(Some(change.names))
            .set_expression_attribute_values(Some(change.values))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            Ok(output) => {
                let item = output.attributes.ok_or_else(|| {
                    StoreError::Internal(Cause::new("DynamoDB answered an update without the item"))
                })?;
                record(item).map(Outcome::Written)
            }
            Err(error) => match refused_item(error)? {
                None => Err(StoreError::NotFound),
                Some(item) if write.wrote(&item) => record(item).map(Outcome::Written),
                Some(item) => record(item).map(Outcome::Refused),
            },
        }
    }
}

/// The item that a condition refused to change, if there is one.
fn refused_item(error: SdkError<UpdateItemError>) -> Result<Option<super::item::Item>, StoreError> {
    match error {
        SdkError::ServiceError(context) if context.err().is_conditional_check_failed_exception() => {
            match context.into_err() {
                UpdateItemError::ConditionalCheckFailedException(refusal) => Ok(refusal.item),
                _ => Ok(None),
            }
        }
        error => Err(error.into()),
    }
}
