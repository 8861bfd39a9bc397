//! Customers as text, in either format.

use std::io::Write;

use anyhow::Result;
use customer::Customer;
use serde_json::Value;

use crate::format::Format;

/// What a file begins with.
///
/// # Errors
/// None in practice: memory takes it.
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

/// Customers, their secrets in clear.
///
/// # Errors
/// None in practice: a customer can be written in either format.
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

/// A field as a cell: permissions with a space between two.
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
