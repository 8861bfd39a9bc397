//! Customers written one by one, in either format.

use std::io::Write;

use anyhow::{Context, Result};
use serde_json::Value;
use shared::api::in_clear;
use shared::customer::Customer;

use crate::transfer::Format;

/// A file being written.
pub(super) enum Writer<W: Write> {
    /// One JSON object on each line.
    Ndjson(W),
    /// Comma-separated values below a header line.
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Writer<W> {
    /// Begins to write to `output`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn new(format: Format, output: W) -> Result<Self> {
        Ok(match format {
            Format::Ndjson => Self::Ndjson(output),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(output);
                writer.write_record(Customer::FIELDS)?;
                Self::Csv(Box::new(writer))
            }
        })
    }

    /// Writes a customer, its secrets in clear.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&mut self, customer: &Customer) -> Result<()> {
        let written = match self {
            Self::Ndjson(output) => write_line(output, customer),
            Self::Csv(writer) => write_record(writer, customer),
        };
        written.context("cannot write the file")
    }

    /// Makes sure that all of it is written.
    ///
    /// # Errors
    /// If it cannot be.
    pub(super) fn finish(&mut self) -> Result<()> {
        let flushed = match self {
            Self::Ndjson(output) => output.flush(),
            Self::Csv(writer) => writer.flush(),
        };
        flushed.context("cannot write the file")
    }
}

fn write_line(output: &mut impl Write, customer: &Customer) -> Result<()> {
    serde_json::to_writer(&mut *output, &in_clear(customer))?;
    Ok(output.write_all(b"\n")?)
}

fn write_record(writer: &mut csv::Writer<impl Write>, customer: &Customer) -> Result<()> {
    let document = serde_json::to_value(in_clear(customer))?;
    Ok(writer.write_record(Customer::FIELDS.map(|field| cell(document.get(field))))?)
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
