//! One conditional write to one customer, as the expressions that DynamoDB takes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, Update};
use customer::{CustomerId, CustomerPatch, FieldValue, Timestamp};

use crate::error::{Cause, StoreError};
use crate::keys::{Item, customer_key};
use crate::listing::Listing;
use crate::precondition::Precondition;
use crate::record::version;
use crate::write_id::{OLDEST, REMEMBERED, SENT_AGAIN, WriteId};

/// The expressions of a write under construction. Each attribute `a` is `#a` there, and its value `:a`.
pub(crate) struct Change {
    pub(crate) write: WriteId,
    /// The versions that the record must have one of, if there is such a condition.
    pub(crate) versions: Option<Vec<u64>>,
    is_sent_again: bool,
    sets: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Change {
    /// A write to an existing customer: it makes the next version, once.
    pub(crate) fn new(write: WriteId) -> Self {
        let mut change = Self {
            write,
            versions: None,
            is_sent_again: false,
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
            .extend((1..REMEMBERED).map(|n| format!("#writes[{n}] = #writes[{}]", n - 1)));
        for attribute in ["pk", "version", "writes"] {
            change.name(attribute);
        }
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

    /// Sets every field of `patch` that is there, and `tm_update`.
    pub(crate) fn apply(&mut self, patch: &CustomerPatch, now: Timestamp) {
        for (attribute, value) in patch.changes() {
            self.set_value(attribute, attribute_value(&value));
        }
        self.set("tm_update", now.to_string());
    }

    /// Only if the customer is in this list.
    pub(crate) fn only_if_listed(&mut self, listing: Listing) {
        self.name("listing");
        self.conditions.push("#listing = :listed".to_owned());
        self.values.insert(
            ":listed".to_owned(),
            AttributeValue::S(listing.as_str().to_owned()),
        );
    }

    /// Only if the customer's username is this one, letter case included.
    pub(crate) fn only_if_named(&mut self, username: &str) {
        self.name("username");
        self.conditions.push("#username = :named".to_owned());
        self.values
            .insert(":named".to_owned(), AttributeValue::S(username.to_owned()));
    }

    /// Only if the record has a version that `precondition` allows.
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

    /// Prepares to send the write again: it may have taken effect, and the answer was lost.
    ///
    /// One that takes a certain version cannot happen twice. Any other is done only where the item proves that it has
    /// not happened yet, and leaves a mark that stays although others write, for its first request may still be
    /// under way.
    pub(crate) fn send_again(&mut self) {
        if self.is_sent_again {
            return;
        }
        self.is_sent_again = true;
        if self.takes_one_version() {
            return;
        }
        self.sets.push(format!("#writes[{SENT_AGAIN}] = :write"));
        self.conditions.push(format!("#writes[{OLDEST}] < :settled"));
        self.conditions.push(format!(
            "(attribute_not_exists(#writes[{SENT_AGAIN}]) OR #writes[{SENT_AGAIN}] < :settled)"
        ));
        self.values
            .insert(":settled".to_owned(), self.write.settled_before());
    }

    /// Whether the write was sent before and may have taken effect then, although `item` refuses it and does not
    /// remember it.
    pub(crate) fn outcome_is_unknown(&self, item: &Item) -> bool {
        if !self.is_sent_again {
            return false;
        }
        // Had it taken effect, it would have made the version after one of those it takes.
        let memory_begins_after =
            |taken: &u64| version(item).is_none_or(|now| taken.saturating_add(REMEMBERED as u64) < now);
        let is_too_old = match &self.versions {
            None => true,
            Some(versions) => versions.iter().any(memory_begins_after),
        };
        is_too_old && self.write.may_be_forgotten_by(item)
            || !self.takes_one_version() && self.write.is_kept_out_of(item)
    }

    /// Whether the write may have been done before, so that no failure says that it was not.
    pub(crate) fn is_sent_again(&self) -> bool {
        self.is_sent_again
    }

    fn takes_one_version(&self) -> bool {
        self.versions.as_ref().is_some_and(|versions| versions.len() == 1)
    }

    pub(crate) fn update_expression(&self) -> String {
        format!("SET {}", self.sets.join(", "))
    }

    pub(crate) fn condition_expression(&self) -> String {
        self.conditions.join(" AND ")
    }

    /// The placeholders of attributes, with what they stand for.
    pub(crate) fn names(&self) -> HashMap<String, String> {
        self.names.clone()
    }

    /// The placeholders of values, with what they stand for.
    pub(crate) fn values(&self) -> HashMap<String, AttributeValue> {
        self.values.clone()
    }

    /// The same write as part of a transaction.
    ///
    /// # Errors
    /// [`StoreError::Internal`] if the SDK misses a part of it.
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
