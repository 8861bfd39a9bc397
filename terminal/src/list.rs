//! The command `list`.

use anyhow::Result;
use clap::Args;
use serde_json::value::RawValue;

use crate::arguments::{Access, Connection, ENVIRONMENT, Paging};
use crate::pages::List;
use crate::record::Record;
use crate::table::{Column, Row};

/// Lists customers of a registry, newest first
///
/// Shows one page, or all of them with --all.
#[derive(Debug, Args)]
#[command(after_help = ENVIRONMENT)]
pub struct ListArguments {
    /// List the deleted customers, not the others
    #[arg(long)]
    deleted: bool,

    #[command(flatten)]
    paging: Paging,

    /// Write each customer as one line of JSON, as the API answers it, its secrets masked
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    connection: Connection,
}

const COLUMNS: [Column; 4] = [ID, USERNAME, time("CREATED"), NAME];

const COLUMNS_OF_DELETED: [Column; 5] = [ID, USERNAME, time("CREATED"), time("DELETED"), NAME];

const ID: Column = Column {
    title: "ID",
    least: 36,
    usual: 36,
    share: 1,
};

const USERNAME: Column = Column {
    title: "USERNAME",
    least: 8,
    usual: 20,
    share: 1,
};

const NAME: Column = Column {
    title: "NAME",
    least: 6,
    usual: 8,
    share: 1,
};

/// A column of timestamps. Their dates, at least, are shown.
const fn time(title: &'static str) -> Column {
    Column {
        title,
        least: 11,
        usual: 26,
        share: 1,
    }
}

impl ListArguments {
    /// Where the list is.
    ///
    /// # Errors
    /// A sentence that says which variable of the environment is missing or wrong.
    pub fn access(&self) -> Result<Access> {
        self.connection.access()
    }
}

pub(crate) async fn run(arguments: ListArguments, access: Access) -> Result<()> {
    let mut list = List {
        path: "/customers",
        query: &[("deleted", "false")],
        columns: &COLUMNS,
        row: |customer| row(customer, &["id", "username", "tm_create", "name"]),
        nothing: "there are no customers",
    };
    if arguments.deleted {
        list = List {
            query: &[("deleted", "true")],
            columns: &COLUMNS_OF_DELETED,
            row: |customer| row(customer, &["id", "username", "tm_create", "tm_delete", "name"]),
            nothing: "there are no deleted customers",
            ..list
        };
    }
    let registry = access.registry().await?;
    list.show(&registry, &arguments.paging, arguments.json).await
}

fn row(customer: &RawValue, members: &[&str]) -> Result<Row> {
    let customer = Record::read(customer)?;
    Ok(members.iter().map(|member| customer.text(member)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Table;

    #[test]
    fn a_terminal_of_80_columns_has_room_for_every_list() {
        for columns in [&COLUMNS[..], &COLUMNS_OF_DELETED] {
            let full: Row = columns.iter().map(|_| "x".repeat(36)).collect();
            let table = Table::new(columns, &[], Some(80));
            let line = table.line(full.iter().map(String::as_str));
            assert_eq!(console::measure_text_width(line.trim_end()), 80, "{line}");
            assert!(line.starts_with(&full[0]), "{line}");
        }
    }
}
