use super::item::{Item, record};
use super::{Cause, CustomerStore, StoreError};
use crate::customer::Customer;

/// A part of the table.
pub struct ExportPage {
    /// Customers, living and deleted, in the table's own order; possibly none.
    pub customers: Vec<Customer>,
    /// Where the table goes on; `None` at its end.
    pub next: Option<ExportPosition>,
}

/// The most items of a page, guards included. DynamoDB ends a page at 1 MB; the embedded engine first reads all that
/// the page may hold.
const MAX_ITEMS: i32 = 1_000;

/// A place in the table.
pub struct ExportPosition(Item);

impl CustomerStore {
    /// The customers in the next part of the table, behind `position`: one strongly consistent scan of 1 MB at most.
    ///
    /// # Errors
    /// A failure of the system; of a customer that breaks a rule of the model the key is named.
    pub async fn export(&self, position: Option<&ExportPosition>) -> Result<ExportPage, StoreError> {
        let output = self
            .client
            .scan()
            .table_name(&*self.table)
            .consistent_read(true)
            .limit(MAX_ITEMS)
            // Guards and idempotency records stand in no list.
            .filter_expression("attribute_exists(listing)")
            .set_exclusive_start_key(position.map(|position| position.0.clone()))
            .send()
            .await?;
        let items = output.items.unwrap_or_default();
        Ok(ExportPage {
            customers: items.into_iter().map(customer).collect::<Result<_, _>>()?,
            next: output.last_evaluated_key.map(ExportPosition),
        })
    }
}

fn customer(item: Item) -> Result<Customer, StoreError> {
    let key = item.get("pk").and_then(|key| key.as_s().ok()).cloned();
    match record(item) {
        Ok(record) => Ok(record.customer),
        Err(StoreError::Internal(cause)) => {
            let key = key.unwrap_or_default();
            Err(StoreError::Internal(Cause::new(format!("{key}: {cause}"))))
        }
        Err(error) => Err(error),
    }
}
