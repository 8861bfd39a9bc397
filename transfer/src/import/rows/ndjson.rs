//! NDJSON: a JSON object on each line.

use std::io::{self, BufRead, BufReader, Read};

use anyhow::{Context, Result};
use customer::{Customer, FaultCode};

use super::{MAX_BYTES, Row, rejected, without_line_end, without_mark};

/// The longest line: a record and its line end.
const MAX_LINE: usize = MAX_BYTES + b"\r\n".len();

pub(super) struct Ndjson<R> {
    input: BufReader<R>,
    line: u64,
    end: u64,
}

impl<R: Read> Ndjson<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input: BufReader::new(input),
            line: 0,
            end: 0,
        }
    }

    /// The next line that is not empty. A byte order mark is no content.
    fn read(&mut self) -> io::Result<Option<Row>> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let mut line = (&mut self.input).take(MAX_LINE as u64);
            if line.read_until(b'\n', &mut bytes)? == 0 {
                return Ok(None);
            }
            self.line += 1;
            self.end += bytes.len() as u64;
            let whole = bytes.ends_with(b"\n") || bytes.len() < MAX_LINE;
            if !whole {
                self.end += self.input.skip_until(b'\n')? as u64;
            }
            if !whole || !without_mark(&bytes).trim_ascii().is_empty() {
                return Ok(Some(self.row(bytes, whole)));
            }
        }
    }

    fn row(&self, bytes: Vec<u8>, whole: bool) -> Row {
        let text = without_line_end(bytes);
        let fits = whole && text.len() <= MAX_BYTES;
        let customer = if fits {
            Customer::from_json(without_mark(&text))
        } else {
            Err(rejected(
                FaultCode::TooLong,
                "the line is longer than a million bytes",
            ))
        };
        Row {
            line: self.line,
            end: self.end,
            text: fits.then_some(text),
            customer,
        }
    }
}

impl<R: Read> Iterator for Ndjson<R> {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().context("cannot read the file").transpose()
    }
}
