use aws_sdk_dynamodb::types::AttributeValue;
use customer::Customer;

use crate::customer_store::CustomerStore;
use crate::damage::Damage;
use crate::error::StoreError;
use crate::keys::Item;
use crate::record::record;

/// A page of the table.
pub struct ExportPage {
    /// Customers, live and deleted, in the table's own order; possibly none.
    pub customers: Vec<Customer>,
    /// The customers of this page that cannot be read.
    pub damaged: Vec<Damage>,
    /// Where the next page starts; `None` at the end of the table.
    pub next: Option<ExportPosition>,
}

/// The most items on a page, guards included. DynamoDB ends a page at 1 MB anyway, but the embedded engine reads this
/// many items first.
const MAX_ITEMS: i32 = 1_000;

/// A position in the table.
pub struct ExportPosition(Item);

impl CustomerStore {
    /// Reads the next page of the table after `position`: one strongly consistent scan of at most 1 MB.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn export(&self, position: Option<&ExportPosition>) -> Result<ExportPage, StoreError> {
        let output = self
            .client
            .scan()
            .table_name(&*self.table)
            .consistent_read(true)
            .limit(MAX_ITEMS)
            // Leaves out guards, idempotency records, webhooks and tombstones.
            .filter_expression("begins_with(pk, :customer) AND attribute_not_exists(erased_at)")
            .expression_attribute_values(":customer", AttributeValue::S("customer#".to_owned()))
            .set_exclusive_start_key(position.map(|position| position.0.clone()))
            .send()
            .await?;
        let mut page = ExportPage {
            customers: Vec::new(),
            damaged: Vec::new(),
            next: output.last_evaluated_key.map(ExportPosition),
        };
        for item in output.items.unwrap_or_default() {
            match record(item) {
                Ok(record) => page.customers.push(record.customer),
                Err(damage) => page.damaged.push(damage),
            }
        }
        Ok(page)
    }
}
