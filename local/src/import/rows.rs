//! The customers in a file, one by one: however long the file is, no more than one of them is in memory.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use shared::customer::{Customer, FaultCode, Invalid, Rejected};

use crate::transfer::Format;

/// The most bytes a customer is written in. The limits of the fields and JSON's escapes allow less than half.
const MAX_BYTES: u64 = 1_000_000;

/// A customer of a file, or what is wrong with it.
#[derive(Debug)]
pub(super) struct Row {
    /// The line on which it begins, counted from 1.
    pub(super) line: u64,
    /// The bytes of the file up to its end.
    pub(super) end: u64,
    /// What it says.
    pub(super) customer: Result<Customer, Rejected>,
}

/// The rows of a file, up to the first error.
pub(super) type Rows = Box<dyn Iterator<Item = Result<Row>>>;

/// Begins to read `input`.
///
/// # Errors
/// A sentence if it cannot be read, or has no header line that fits.
pub(super) fn rows(format: Format, input: impl Read + 'static) -> Result<Rows> {
    Ok(match format {
        Format::Ndjson => Box::new(Ndjson {
            input: BufReader::new(input),
            line: 0,
            end: 0,
        }),
        Format::Csv => Box::new(Csv::new(input)?),
    })
}

fn rejected(code: FaultCode, detail: impl Into<std::borrow::Cow<'static, str>>) -> Rejected {
    Invalid::new(code, detail).at("").into()
}

struct Ndjson<R> {
    input: BufReader<R>,
    line: u64,
    end: u64,
}

impl<R: Read> Ndjson<R> {
    /// The next line that is not empty.
    fn read(&mut self) -> io::Result<Option<Row>> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let mut line = (&mut self.input).take(MAX_BYTES);
            if line.read_until(b'\n', &mut bytes)? == 0 {
                return Ok(None);
            }
            self.line += 1;
            self.end += bytes.len() as u64;
            let whole = bytes.ends_with(b"\n") || (bytes.len() as u64) < MAX_BYTES;
            if !whole {
                self.end += self.input.skip_until(b'\n')? as u64;
            }
            if !bytes.trim_ascii().is_empty() {
                return Ok(Some(Row {
                    line: self.line,
                    end: self.end,
                    customer: if whole {
                        Customer::from_json(without_mark(&bytes))
                    } else {
                        Err(rejected(
                            FaultCode::TooLong,
                            "the line is longer than a million bytes",
                        ))
                    },
                }));
            }
        }
    }
}

impl<R: Read> Iterator for Ndjson<R> {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().context("cannot read the file").transpose()
    }
}

/// Some programs begin a text file with a byte order mark.
fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
}

struct Csv<R> {
    reader: csv::Reader<Bounded<R>>,
    header: Vec<String>,
    record_bytes: Rc<Cell<u64>>,
    record: csv::ByteRecord,
}

impl<R: Read> Csv<R> {
    fn new(input: R) -> Result<Self> {
        let record_bytes = Rc::default();
        let input = Bounded {
            input,
            record_bytes: Rc::clone(&record_bytes),
        };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
        let header = reader.headers().context("cannot read the header line")?;
        let header: Vec<_> = header.iter().map(str::to_owned).collect();
        check_header(&header)?;
        Ok(Self {
            reader,
            header,
            record_bytes,
            record: csv::ByteRecord::new(),
        })
    }

    fn read(&mut self) -> csv::Result<Option<Row>> {
        self.record_bytes.set(0);
        if !self.reader.read_byte_record(&mut self.record)? {
            return Ok(None);
        }
        Ok(Some(Row {
            line: self.record.position().map_or(0, csv::Position::line),
            end: self.reader.position().byte(),
            customer: self.customer(),
        }))
    }

    fn customer(&self) -> Result<Customer, Rejected> {
        if self.record.len() != self.header.len() {
            return Err(rejected(
                FaultCode::InvalidFormat,
                format!(
                    "has {} cells where the header line has {}",
                    self.record.len(),
                    self.header.len()
                ),
            ));
        }
        let cells = self.header.iter().zip(&self.record);
        let members =
            cells.map(|(name, cell)| Some((name.clone(), value(name, std::str::from_utf8(cell).ok()?))));
        match members.collect::<Option<Vec<_>>>() {
            Some(members) => Customer::from_members(members),
            None => Err(rejected(FaultCode::InvalidFormat, "must be UTF-8")),
        }
    }
}

impl<R: Read> Iterator for Csv<R> {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().context("cannot read the file").transpose()
    }
}

/// A cell as JSON would have it: permissions stand in one cell, with spaces between them.
fn value(name: &str, cell: &str) -> Value {
    if name == "permission_ids" {
        cell.split_ascii_whitespace().map(Value::from).collect()
    } else {
        Value::from(cell)
    }
}

fn check_header(header: &[String]) -> Result<()> {
    for (index, name) in header.iter().enumerate() {
        // Where the header line is missing, this is a value, and perhaps a secret.
        ensure!(
            Customer::FIELDS.contains(&name.as_str()),
            "column {} of the header line is no field of a customer; the fields are {}",
            index + 1,
            Customer::FIELDS.join(", ")
        );
        let earlier = header.iter().take(index).any(|earlier| earlier == name);
        ensure!(!earlier, "the header line has the column {name} twice");
    }
    for name in ["id", "username", "tm_create"] {
        ensure!(
            header.iter().any(|column| column == name),
            "the header line lacks the column {name}"
        );
    }
    Ok(())
}

/// Ends where one record goes on for too long: without its closing quote, a cell would be the rest of the file.
struct Bounded<R> {
    input: R,
    record_bytes: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.record_bytes.get() > MAX_BYTES {
            return Err(io::Error::other(
                "a record is longer than a million bytes: it may lack a closing quote",
            ));
        }
        let count = self.input.read(buffer)?;
        self.record_bytes.set(self.record_bytes.get() + count as u64);
        Ok(count)
    }
}
