//! The transaction that changes a customer's username.

use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::types::TransactWriteItem;
use customer::{CustomerPatch, Timestamp, Username};
use uuid::Uuid;

use crate::change::Change;
use crate::customer_store::CustomerStore;
use crate::error::{Cause, StoreError, may_have_taken_effect};
use crate::keys::{Item, guard_item, guard_key};
use crate::record::{Record, read};
use crate::retry::{pause, pauses, without_retries};
use crate::transaction::{refused_items, transaction_item};
use crate::write::Outcome;

/// How the transaction ended.
enum Ended {
    Done,
    /// The items whose conditions were not met, each at its position in the transaction.
    Refused {
        items: Vec<Option<Item>>,
        /// Whether the answer to an earlier request was lost.
        is_sent_again: bool,
    },
}

impl CustomerStore {
    /// Writes the customer, creates the guard of the new username and deletes that of the old one, in one transaction.
    pub(crate) async fn move_username(
        &self,
        change: Change,
        username: &Username,
        stored: Record,
        patch: &CustomerPatch,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let Record { customer, version } = stored;
        let id = customer.id;
        let write = change.write;
        let transaction = self
            .client
            .transact_write_items()
            .client_request_token(Uuid::now_v7().to_string())
            .transact_items(
                TransactWriteItem::builder()
                    .update(change.into_transaction_item(&self.table, id)?)
                    .build(),
            )
            .transact_items(transaction_item(self.put_if_new(guard_item(username, id)))?)
            .transact_items(self.delete_if(guard_key(&customer.username), id, "customer_id = :id")?);
        let (refused, is_sent_again) = match send(transaction).await? {
            Ended::Done => {
                let customer = customer.patched(patch.clone(), now);
                return Ok(Outcome::Written(Record {
                    customer,
                    version: version + 1,
                }));
            }
            Ended::Refused { items, is_sent_again } => (items, is_sent_again),
        };
        let mut refused = refused.into_iter();
        match (refused.next().flatten(), refused.next().flatten()) {
            (Some(item), _) if item.is_empty() => Err(StoreError::NotFound),
            (Some(item), _) if write.wrote(&item) => read(item).map(Outcome::Written),
            (Some(item), _) => read(item).map(Outcome::Refused),
            // The username may become free before the earlier request arrives.
            (None, Some(_)) if is_sent_again => match self.revoke(id, write).await? {
                Outcome::Refused(_) => Err(StoreError::UsernameTaken),
                written => Ok(written),
            },
            (None, Some(_)) => Err(StoreError::UsernameTaken),
            (None, None) => Err(StoreError::Internal(Cause::new(
                "the guard of a customer's username is missing or names another customer",
            ))),
        }
    }
}

/// Sends the transaction, and again after a transient failure. All requests have the same client token, so DynamoDB executes
/// it once. The SDK would retry it too, but show only the last failure, and that does not tell whether an earlier
/// request may have taken effect.
async fn send(transaction: TransactWriteItemsFluentBuilder) -> Result<Ended, StoreError> {
    let mut pauses = pauses();
    let mut is_sent_again = false;
    loop {
        let request = transaction.clone().customize();
        let Err(error) = request.config_override(without_retries()).send().await else {
            return Ok(Ended::Done);
        };
        let is_lost = may_have_taken_effect(&error);
        let error = match refused_items(error) {
            Ok(items) => return Ok(Ended::Refused { items, is_sent_again }),
            Err(error) => error,
        };
        is_sent_again |= is_lost;
        pause(&mut pauses, error, is_sent_again).await?;
    }
}
