//! Reads the customers in a file one by one: only one record is in memory at a time.

mod csv;
mod header;
mod ndjson;

use std::borrow::Cow;
use std::io::{Cursor, Read};

use anyhow::{Context, Result, bail};
use customer::{Customer, Fault, FaultCode, InvalidCustomer};

use self::csv::Csv;
use self::ndjson::Ndjson;
use crate::format::Format;

/// The longest record, in bytes. A valid customer, even fully escaped in JSON, takes less than half.
const MAX_BYTES: usize = 1_000_000;

/// A record of a file: a customer, or what is wrong with it. It has no `Debug`, for its text holds secrets.
pub(super) struct Row {
    /// The line on which it begins, counted from 1.
    pub(super) line: u64,
    /// Where the record ends, as an offset in the file.
    pub(super) end: u64,
    /// The record's text without its line end; `None` if it is too long.
    pub(super) text: Option<Vec<u8>>,
    /// The customer in it.
    pub(super) customer: Result<Customer, InvalidCustomer>,
}

/// The contents of a file.
pub(super) struct Rows {
    /// The header line without its line end, if the format has one.
    pub(super) header: Option<Vec<u8>>,
    /// The rows, up to the first error.
    pub(super) rows: Box<dyn Iterator<Item = Result<Row>>>,
}

/// Begins to read `input`.
///
/// # Errors
/// A sentence if it cannot be read, has another encoding, or has no valid header line.
pub(super) fn rows(format: Format, mut input: impl Read + 'static) -> Result<Rows> {
    let mut start = Vec::new();
    let read = input.by_ref().take(16).read_to_end(&mut start);
    read.context("cannot read the file")?;
    if is_utf16(&start) {
        bail!(
            "the file is UTF-16, not UTF-8: save it as UTF-8, or convert it with `iconv -f UTF-16 -t UTF-8`"
        );
    }
    let input = Cursor::new(start).chain(input);
    Ok(match format {
        Format::Ndjson => Rows {
            header: None,
            rows: Box::new(Ndjson::new(input)),
        },
        Format::Csv => {
            let (header, rows) = Csv::new(input)?;
            Rows {
                header: Some(header),
                rows: Box::new(rows),
            }
        }
    })
}

/// Whether a file is UTF-16: it begins with a byte order mark, or every second byte is NUL.
fn is_utf16(start: &[u8]) -> bool {
    let nul = |offset: usize| start.len() >= 4 && start.iter().skip(offset).step_by(2).all(|byte| *byte == 0);
    start.starts_with(b"\xFF\xFE") || start.starts_with(b"\xFE\xFF") || nul(0) != nul(1)
}

/// Some programs begin a text file with a byte order mark.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)
}

/// A record without the end of its line.
fn without_line_end(mut text: Vec<u8>) -> Vec<u8> {
    while matches!(text.last(), Some(b'\n' | b'\r')) {
        text.pop();
    }
    text
}

fn rejected(code: FaultCode, detail: impl Into<Cow<'static, str>>) -> InvalidCustomer {
    Fault::new(code, detail).at("").into()
}
