//! The header line of a CSV file. If it is missing, the first line holds values, perhaps secrets, so errors only
//! quote field names.

use anyhow::{Result, bail, ensure};
use csv::ByteRecord;
use customer::Customer;

const REQUIRED: [&str; 3] = ["id", "username", "tm_create"];

/// The fields of the columns.
///
/// # Errors
/// A sentence that names the column that is not a field, or the missing field.
pub(super) fn fields(header: &ByteRecord) -> Result<Vec<&'static str>> {
    check_separators(header)?;
    let mut fields: Vec<&str> = Vec::new();
    for (cell, column) in header.iter().zip(1..) {
        let field = field(cell, column)?;
        if let Some(earlier) = fields.iter().position(|earlier| *earlier == field) {
            bail!(
                "the header line has the column {field} twice: columns {} and {column}",
                earlier + 1
            );
        }
        fields.push(field);
    }
    for field in REQUIRED {
        ensure!(
            fields.contains(&field),
            "the header line lacks the column {field}"
        );
    }
    Ok(fields)
}

fn field(cell: &[u8], column: usize) -> Result<&'static str> {
    let text = String::from_utf8_lossy(cell);
    ensure!(
        !text.trim().is_empty(),
        "column {column} of the header line has no name"
    );
    let Some(field) = similar(&text) else {
        bail!(
            "column {column} of the header line is no field of a customer; the fields are {}",
            Customer::FIELDS.join(", ")
        );
    };
    let name = text.trim();
    ensure!(
        name == field,
        "column {column} of the header line is {name}; the field is called {field}, in lower case"
    );
    ensure!(
        text == field,
        "column {column} of the header line has spaces around its name, {field}"
    );
    Ok(field)
}

/// The field with this name, ignoring letter case and surrounding spaces.
fn similar(text: &str) -> Option<&'static str> {
    let is_similar = |field: &&str| field.eq_ignore_ascii_case(text.trim());
    Customer::FIELDS.into_iter().find(is_similar)
}

fn check_separators(header: &ByteRecord) -> Result<()> {
    for (separator, name) in [(';', "semicolons"), ('\t', "tabs"), ('|', "vertical bars")] {
        let separates = |cell: &[u8]| {
            let text = String::from_utf8_lossy(cell);
            text.contains(separator) && text.split(separator).any(|part| similar(part).is_some())
        };
        ensure!(
            !header.iter().any(separates),
            "the columns of the header line are separated by {name}; they must be separated by commas"
        );
    }
    Ok(())
}
