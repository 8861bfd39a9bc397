use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::types::AttributeValue;
use customer::Customer;

use crate::customer_store::CustomerStore;
use crate::damage::Damage;
use crate::error::StoreError;
use crate::keys::{Item, listed_at};
use crate::listing::Listing;
use crate::page::{PageSize, PageToken};
use crate::record::{Record, record};
use crate::size::text_size;

/// A page of a list, newest first.
#[derive(Debug, Default)]
pub struct Page {
    /// At most as many as were asked for; fewer if they are very large or damaged.
    pub records: Vec<Record>,
    /// How many customers were left out because they cannot be read.
    pub damaged: usize,
    /// Where the next page starts; `None` only at the end of the list.
    pub next: Option<PageToken>,
}

impl CustomerStore {
    /// The page of a list that begins after `after`, newest first: one query, whatever the table's size;
    /// more only while every customer found is damaged.
    ///
    /// It reads one customer more than a page holds, to find out whether there is a next page. A customer that cannot
    /// be read is left out and logged.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn list(
        &self,
        listing: Listing,
        size: PageSize,
        after: Option<&PageToken>,
    ) -> Result<Page, StoreError> {
        let mut page = Page::default();
        let mut start = None;
        loop {
            let output = self.query(listing, size, after, start).await?;
            start = page.take(output, listing, size);
            if start.is_none() {
                return Ok(page);
            }
        }
    }

    async fn query(
        &self,
        listing: Listing,
        size: PageSize,
        after: Option<&PageToken>,
        start: Option<Item>,
    ) -> Result<QueryOutput, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name("listing")
            .expression_attribute_values(":listing", AttributeValue::S(listing.as_str().to_owned()))
            .scan_index_forward(false)
            .limit(i32::try_from(size.get()).unwrap_or(i32::MAX).saturating_add(1))
            .set_exclusive_start_key(start);
        let query = match after {
            None => query.key_condition_expression("listing = :listing"),
            Some(token) => query
                .key_condition_expression("listing = :listing AND listed_at < :after")
                .expression_attribute_values(":after", AttributeValue::S(token.listed_at())),
        };
        Ok(query.send().await?)
    }
}

impl Page {
    /// Adds what a query found. If none of it can be read and more follows, it returns the key at which to go on: a
    /// token can only point to a customer that can be read.
    fn take(&mut self, output: QueryOutput, listing: Listing, size: PageSize) -> Option<Item> {
        // There is a next page if the query found one customer too many, or stopped at DynamoDB's limit of 1 MB. In
        // both cases the last customer found is left for the next page, so that a token leads to an empty page only if
        // all customers that remain are damaged. A query that stops at 1 MB has found at least two items, because an
        // item has at most 400 KB.
        let mut items = output.items.unwrap_or_default();
        let more = items.len() > size.get() || output.last_evaluated_key.is_some();
        if more {
            items.pop();
        }
        let last_key = items.last().map(index_key);
        let mut text = 0;
        for item in items {
            let record = match listed(item) {
                Ok(record) => record,
                Err(damage) => {
                    damage.log();
                    self.damaged += 1;
                    continue;
                }
            };
            text += text_size(&record.customer);
            if text > MAX_TEXT
                && let Some(last) = self.records.last()
            {
                self.next = Some(PageToken::after(&last.customer, listing));
                return None;
            }
            self.records.push(record);
        }
        let last = self.records.last().filter(|_| more);
        self.next = last.map(|last| PageToken::after(&last.customer, listing));
        last_key.filter(|_| more && self.next.is_none())
    }
}

/// The record in an item of the index, if the item's sort key is the record's.
fn listed(item: Item) -> Result<Record, Damage> {
    let place = item.get("listed_at").and_then(|place| place.as_s().ok()).cloned();
    let record = record(item)?;
    let Customer { id, tm_create, .. } = record.customer;
    match place {
        Some(place) if place == listed_at(tm_create, id) => Ok(record),
        _ => Err(Damage::of(id, "listed_at")),
    }
}

/// The key after which a query of the index goes on: that of `item`.
fn index_key(item: &Item) -> Item {
    ["pk", "listing", "listed_at"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), item.get(name)?.clone())))
        .collect()
}

/// The most bytes of text on a page. Lambda takes answers of at most 6 MB. The text is written as JSON, and the
/// function's answer holds that as a JSON string, so one byte can become seven.
const MAX_TEXT: usize = 800_000;
