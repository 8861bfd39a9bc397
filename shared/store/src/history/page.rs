use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::types::AttributeValue;
use customer::{CustomerId, Timestamp};

use super::History;
use super::row::Row;
use super::token::HistoryToken;
use crate::error::StoreError;
use crate::keys::Item;
use crate::page::PageSize;

/// The most bytes of a page. Lambda takes answers of at most 6 MB, and its answer holds the page as a JSON string, so one byte
/// can become two.
const MAX_LENGTH: usize = 1_000_000;

/// How many bytes an attempt has in an answer if its error is long.
const ATTEMPT_LENGTH: usize = 400;

/// The most rows that a query reads after the first one. DynamoDB ends a query at 1 MB anyway, but the embedded engine reads
/// this many rows first.
const MAX_ROWS: i32 = 1_000;

/// A page of a customer's history, newest first.
#[derive(Debug, Default)]
pub struct HistoryPage {
    /// At most as many as were asked for; fewer if they are very large.
    pub rows: Vec<Row>,
    /// Where the next page starts; `None` only at the end.
    pub next: Option<HistoryToken>,
    length: usize,
}

impl History {
    /// The page of a customer's history that begins after `after`, newest first: one strongly consistent query, more only if
    /// events are very large or have expired. Expired ones are passed over a thousand at a time.
    ///
    /// It reads one row more than a page holds, to find out whether there is a next page. A row that cannot be read is left
    /// out and logged.
    ///
    /// # Errors
    /// A failure of the system.
    pub async fn page(
        &self,
        id: CustomerId,
        size: PageSize,
        after: Option<HistoryToken>,
        now: Timestamp,
    ) -> Result<HistoryPage, StoreError> {
        let mut page = HistoryPage::default();
        let mut start = None;
        let mut limit = i32::try_from(size.get()).unwrap_or(i32::MAX).saturating_add(1);
        loop {
            let output = self.query(id, after, start, limit, now).await?;
            start = output.last_evaluated_key;
            limit = MAX_ROWS;
            for item in output.items.unwrap_or_default() {
                if page.take(item, size) {
                    return Ok(page);
                }
            }
            if start.is_none() {
                return Ok(page);
            }
        }
    }

    async fn query(
        &self,
        id: CustomerId,
        after: Option<HistoryToken>,
        start: Option<Item>,
        limit: i32,
        now: Timestamp,
    ) -> Result<QueryOutput, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&*self.table)
            .expression_attribute_values(":id", AttributeValue::S(id.to_string()))
            .scan_index_forward(false)
            .consistent_read(true)
            // A row without the attribute is not left out here, but is found to be unreadable.
            .filter_expression("NOT expires_at <= :now")
            .expression_attribute_values(":now", AttributeValue::N(now.seconds().to_string()))
            .limit(limit)
            .set_exclusive_start_key(start);
        let query = match after {
            None => query.key_condition_expression("customer_id = :id"),
            Some(token) => query
                .key_condition_expression("customer_id = :id AND version < :after")
                .expression_attribute_values(":after", AttributeValue::N(token.version.to_string())),
        };
        Ok(query.send().await?)
    }
}

impl HistoryPage {
    /// Adds a row. If the page is full, it leaves the row to the next page, and answers true.
    fn take(&mut self, item: Item, size: PageSize) -> bool {
        let row = match Row::of(item) {
            Ok(row) => row,
            Err(cause) => {
                tracing::error!(%cause, "a row of the history is left out");
                return false;
            }
        };
        let length = row.event.len() + row.attempts.len() * ATTEMPT_LENGTH;
        let is_full = self.rows.len() == size.get() || self.length + length > MAX_LENGTH;
        if let Some(last) = self.rows.last()
            && is_full
        {
            self.next = Some(HistoryToken::after(last.customer_id, last.version));
            return true;
        }
        self.length += length;
        self.rows.push(row);
        false
    }
}
