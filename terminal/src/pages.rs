//! Showing a list as its pages arrive.

use anyhow::Result;
use serde_json::value::RawValue;

use crate::arguments::Paging;
use crate::record::Record;
use crate::registry::Registry;
use crate::screen::{note, out, width};
use crate::table::{Column, Row, Table};

/// A list of a registry, and how it is shown.
pub(crate) struct List<'a> {
    pub(crate) path: &'a str,
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) columns: &'a [Column],
    pub(crate) row: fn(&RawValue) -> Result<Row>,
    /// What is said of an empty list.
    pub(crate) nothing: &'a str,
}

impl List<'_> {
    /// Shows a page, or all of them. As JSON, each record is a line, its secrets masked.
    ///
    /// # Errors
    /// A sentence that says why it ends before its end.
    pub(crate) async fn show(&self, registry: &Registry, paging: &Paging, is_json: bool) -> Result<()> {
        let size = paging.page_size().to_string();
        let (mut token, mut table) = (String::new(), None);
        loop {
            let paged = [("page_size", size.as_str()), ("page_token", token.as_str())];
            let page = registry.page(self.path, &[self.query, &paged].concat()).await?;
            match is_json {
                true => out(&lines(&page.result)?)?,
                false => out(&self.rows(&page.result, &mut table)?)?,
            }
            token = page.next_page_token;
            match (token.is_empty(), paging.all) {
                (true, _) if table.is_none() && !is_json => note(self.nothing),
                (false, true) => continue,
                (false, false) => note("there are more: --all shows them"),
                (true, _) => {}
            }
            return Ok(());
        }
    }

    /// The lines of a page; before the first one, the columns' titles.
    fn rows(&self, records: &[Box<RawValue>], table: &mut Option<Table>) -> Result<String> {
        let rows = records.iter().map(|record| (self.row)(record));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let mut lines = String::new();
        if table.is_none() && !rows.is_empty() {
            let new = Table::new(self.columns, &rows, width());
            lines += &new.line(self.columns.iter().map(|column| column.title));
            *table = Some(new);
        }
        if let Some(table) = table {
            for row in &rows {
                lines += &table.line(row.iter().map(String::as_str));
            }
        }
        Ok(lines)
    }
}

fn lines(records: &[Box<RawValue>]) -> Result<String> {
    let mut lines = String::new();
    for record in records {
        lines += &Record::read(record)?.masked()?.line()?;
    }
    Ok(lines)
}
