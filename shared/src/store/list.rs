use aws_sdk_dynamodb::types::AttributeValue;

use super::item::record;
use super::{CustomerStore, Listing, PageSize, PageToken, Record, StoreError};
use crate::customer::Customer;

/// A part of a list, newest first.
#[derive(Debug)]
pub struct Page {
    /// At most as many as were asked for; fewer where they are very large.
    pub records: Vec<Record>,
    /// Where the list goes on; `None` at its end, and only there.
    pub next: Option<PageToken>,
}

impl CustomerStore {
    /// The customers of a list behind `after`, newest first: one query, whatever the table's size.
    ///
    /// It reads one more than a page holds, to know whether there is a next one.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn list(
        &self,
        listing: Listing,
        size: PageSize,
        after: Option<&PageToken>,
    ) -> Result<Page, StoreError> {
        let mut query = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name("listing")
            .expression_attribute_values(":listing", AttributeValue::S(listing.as_str().to_owned()))
            .scan_index_forward(false)
            .limit(i32::try_from(size.get()).unwrap_or(i32::MAX).saturating_add(1));
        query = match after {
            None => query.key_condition_expression("listing = :listing"),
            Some(token) => query
                .key_condition_expression("listing = :listing AND listed_at < :after")
                .expression_attribute_values(":after", AttributeValue::S(token.listed_at())),
        };
        let output = query.send().await?;

        // There is more if the query found one too many, or stopped at DynamoDB's 1 MB. Either way the last one
        // found opens the next page, so that a token is only given where something follows. A page of 1 MB holds
        // at least two items, as none exceeds 400 KB.
        let items = output.items.unwrap_or_default();
        let mut more = items.len() > size.get() || output.last_evaluated_key.is_some();
        let mut records = items.into_iter().map(record).collect::<Result<Vec<_>, _>>()?;
        if more {
            records.pop();
        }
        let fitting = count_fitting(&records);
        if fitting < records.len() {
            records.truncate(fitting);
            more = true;
        }
        let next = records
            .last()
            .filter(|_| more)
            .map(|last| PageToken::behind(&last.customer, listing));
        Ok(Page { records, next })
    }
}

/// The most bytes of text on a page. Written as JSON, and once more as JSON in the function's answer, a byte takes
/// up to seven; Lambda takes answers of 6 MB.
const MAX_TEXT: usize = 800_000;

/// How many of the records fit on a page: at least one.
fn count_fitting(records: &[Record]) -> usize {
    let mut text = 0;
    let fitting = records.iter().take_while(|record| {
        text += text_of(&record.customer);
        text <= MAX_TEXT
    });
    fitting.count().max(1)
}

/// How large a customer is: the bytes of the texts that a caller chose, and enough for the rest.
pub fn text_of(customer: &Customer) -> usize {
    const REST: usize = 500;
    const PERMISSION: usize = 40;
    let texts = [
        customer.username.as_str(),
        customer.name.as_str(),
        customer.detail.as_str(),
        customer.webhook_uri.as_str(),
        customer.line_secret.expose(),
        customer.line_token.expose(),
    ];
    texts.map(str::len).iter().sum::<usize>() + REST + PERMISSION * customer.permission_ids.len()
}
