//! Customers as text, in either format.

use std::io::Write;

use anyhow::Result;
use customer::Customer;
use serde_json::Value;

use crate::format::Format;

/// The beginning of a file: a header line for CSV, nothing for NDJSON.
///
/// # Errors
/// None in practice: it writes to memory.
pub(super) fn header(format: Format) -> Result<Vec<u8>> {
    Ok(match format {
        Format::Ndjson => Vec::new(),
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(Customer::FIELDS)?;
            writer.into_inner()?
        }
    })
}

/// Customers with their secrets in clear text.
///
/// # Errors
/// None in practice: every customer can be written in both formats.
pub(super) fn customers(format: Format, customers: &[Customer]) -> Result<Vec<u8>> {
    match format {
        Format::Ndjson => {
            let mut text = Vec::new();
            for customer in customers {
                serde_json::to_writer(&mut text, &customer.in_clear())?;
                text.write_all(b"\n")?;
            }
            Ok(text)
        }
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for customer in customers {
                let document = serde_json::to_value(customer.in_clear())?;
                writer.write_record(Customer::FIELDS.map(|field| cell(document.get(field))))?;
            }
            Ok(writer.into_inner()?)
        }
    }
}

/// A field as a cell. Permissions are separated by spaces.
fn cell(field: Option<&Value>) -> String {
    match field {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(values)) => {
            let texts: Vec<_> = values.iter().filter_map(Value::as_str).collect();
            texts.join(" ")
        }
        _ => String::new(),
    }
}
