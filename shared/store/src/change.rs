//! One conditional write to one customer, as DynamoDB expressions.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, Update};
use customer::{CustomerId, CustomerPatch, FieldValue, Timestamp};

use crate::author::{Author, WRITTEN_BY};
use crate::error::{Cause, StoreError};
use crate::keys::{Item, customer_key};
use crate::listing::Listing;
use crate::precondition::Precondition;
use crate::record::version;
use crate::webhook::WRITTEN_AT;
use crate::write_id::{OLDEST, REMEMBERED, SENT_AGAIN, WriteId};

/// The expressions of a write. The placeholder of attribute `a` is `#a`, and that of its value `:a`.
pub(crate) struct Change {
    pub(crate) write: WriteId,
    /// The record must have one of these versions, if there is such a condition.
    pub(crate) versions: Option<Vec<u64>>,
    is_sent_again: bool,
    sets: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Change {
    /// A write to an existing customer by `by`. It makes the next version, and takes effect only once.
    pub(crate) fn new(write: WriteId, by: &Author) -> Self {
        let mut change = Self::once(write);
        change.name("version");
        change.sets.push("#version = #version + :one".to_owned());
        change
            .values
            .insert(":one".to_owned(), AttributeValue::N("1".to_owned()));
        change.sets.push("#writes[0] = :write".to_owned());
        // DynamoDB reads all right-hand sides before it sets anything, so this moves each remembered write down by one.
        change
            .sets
            .extend((1..REMEMBERED).map(|n| format!("#writes[{n}] = #writes[{}]", n - 1)));
        change.set_value(WRITTEN_BY, by.value());
        change
    }

    /// Leaves the id of a write where it makes any request of that write fail which may still be under way. It makes no
    /// version, and is refused if the write has taken effect.
    pub(crate) fn revoking(write: WriteId) -> Self {
        let mut change = Self::once(write);
        change.keep_id();
        change
    }

    /// Sets nothing yet, in an existing customer in which `write` has not taken effect.
    fn once(write: WriteId) -> Self {
        let mut change = Self {
            write,
            versions: None,
            is_sent_again: false,
            sets: Vec::new(),
            conditions: vec![
                "attribute_exists(#pk)".to_owned(),
                "NOT contains(#writes, :write)".to_owned(),
            ],
            names: HashMap::new(),
            values: HashMap::from([(":write".to_owned(), write.value())]),
        };
        change.name("pk");
        change.name("writes");
        change
    }

    fn name(&mut self, attribute: &str) {
        self.names.insert(format!("#{attribute}"), attribute.to_owned());
    }

    /// Sets an attribute.
    pub(crate) fn set(&mut self, attribute: &str, value: impl Into<String>) {
        self.set_value(attribute, AttributeValue::S(value.into()));
    }

    fn set_value(&mut self, attribute: &str, value: AttributeValue) {
        self.name(attribute);
        self.sets.push(format!("#{attribute} = :{attribute}"));
        self.values.insert(format!(":{attribute}"), value);
    }

    /// Sets the fields that `patch` changes, and `tm_update`. Writing `webhook_uri`, even
    /// with the same value, enables an endpoint that was disabled.
    pub(crate) fn apply(&mut self, patch: &CustomerPatch, now: Timestamp) {
        for (attribute, value) in patch.changes() {
            self.set_value(attribute, attribute_value(&value));
        }
        if patch.webhook_uri.is_some() {
            self.set(WRITTEN_AT, now.to_string());
        }
        self.set("tm_update", now.to_string());
    }

    /// Adds the condition that the customer is in this list.
    pub(crate) fn only_if_listed(&mut self, listing: Listing) {
        self.name("listing");
        self.conditions.push("#listing = :listed".to_owned());
        self.values.insert(
            ":listed".to_owned(),
            AttributeValue::S(listing.as_str().to_owned()),
        );
    }

    /// Adds the condition that the customer has exactly this username, including letter case.
    pub(crate) fn only_if_named(&mut self, username: &str) {
        self.name("username");
        self.conditions.push("#username = :named".to_owned());
        self.values
            .insert(":named".to_owned(), AttributeValue::S(username.to_owned()));
    }

    /// Adds the condition that `precondition` allows the record's version.
    pub(crate) fn only_if(&mut self, precondition: &Precondition) {
        const NO_VERSION: [u64; 1] = [0];
        let versions = match precondition {
            Precondition::None => return,
            Precondition::VersionIn(versions) if versions.is_empty() => &NO_VERSION[..],
            Precondition::VersionIn(versions) => versions,
        };
        self.versions = Some(versions.to_vec());
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

    /// Prepares to send the write again after an attempt that may have taken effect although its answer was lost.
    ///
    /// A write that requires one exact version cannot take effect twice. Any other write is made only if the item
    /// proves that it has not taken effect yet. It also leaves its id at [`SENT_AGAIN`], where other writes do not
    /// move it, because its first request may still be under way.
    pub(crate) fn send_again(&mut self) {
        if self.is_sent_again {
            return;
        }
        self.is_sent_again = true;
        if self.requires_one_version() {
            return;
        }
        self.conditions.push(format!("#writes[{OLDEST}] < :settled"));
        self.keep_id();
    }

    /// Leaves the id at [`SENT_AGAIN`], unless another write still needs that place.
    fn keep_id(&mut self) {
        self.sets.push(format!("#writes[{SENT_AGAIN}] = :write"));
        self.conditions.push(format!(
            "(attribute_not_exists(#writes[{SENT_AGAIN}]) OR #writes[{SENT_AGAIN}] < :settled)"
        ));
        self.values
            .insert(":settled".to_owned(), self.write.settled_before());
    }

    /// Whether an earlier attempt may have taken effect, although `item` refused this one and does not remember the
    /// write.
    pub(crate) fn outcome_is_unknown(&self, item: &Item) -> bool {
        if !self.is_sent_again {
            return false;
        }
        // If it took effect, it made the version after one of those that it requires.
        let memory_begins_after =
            |required: &u64| version(item).is_none_or(|now| required.saturating_add(REMEMBERED as u64) < now);
        let is_too_old = match &self.versions {
            None => true,
            Some(versions) => versions.iter().any(memory_begins_after),
        };
        is_too_old && self.write.may_be_forgotten_by(item)
            || !self.requires_one_version() && self.write.is_blocked_by(item)
    }

    /// Whether an earlier request may take effect even after a later one was refused. One that requires one version cannot:
    /// the version never comes back.
    pub(crate) fn may_arrive_late(&self) -> bool {
        self.is_sent_again && !self.requires_one_version()
    }

    /// Whether an earlier attempt may have taken effect, so that a failure does not prove that nothing was written.
    pub(crate) fn is_sent_again(&self) -> bool {
        self.is_sent_again
    }

    fn requires_one_version(&self) -> bool {
        self.versions.as_ref().is_some_and(|versions| versions.len() == 1)
    }

    pub(crate) fn update_expression(&self) -> String {
        format!("SET {}", self.sets.join(", "))
    }

    pub(crate) fn condition_expression(&self) -> String {
        self.conditions.join(" AND ")
    }

    /// The attribute names by placeholder.
    pub(crate) fn names(&self) -> HashMap<String, String> {
        self.names.clone()
    }

    /// The values by placeholder.
    pub(crate) fn values(&self) -> HashMap<String, AttributeValue> {
        self.values.clone()
    }

    /// The same write as part of a transaction.
    ///
    /// # Errors
    /// [`StoreError::Internal`] if the SDK finds a part missing.
    pub(crate) fn into_transaction_item(self, table: &str, id: CustomerId) -> Result<Update, StoreError> {
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

fn attribute_value(value: &FieldValue<'_>) -> AttributeValue {
    match value {
        FieldValue::Text(text) => AttributeValue::S(text.to_string()),
        FieldValue::Secret { clear, .. } => AttributeValue::S((*clear).to_owned()),
        FieldValue::Ids(ids) => {
            AttributeValue::L(ids.iter().map(|id| AttributeValue::S(id.to_string())).collect())
        }
    }
}
