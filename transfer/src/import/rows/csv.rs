//! CSV: a header line, then records of one or more lines.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use anyhow::{Context, Error, Result, anyhow};
use csv::{ByteRecord, Reader, ReaderBuilder};
use customer::{Customer, FaultCode, InvalidCustomer};
use serde_json::Value;

use super::{MAX_BYTES, Row, header, rejected, without_line_end, without_mark};

pub(super) struct Csv<R> {
    reader: Reader<Tape<R>>,
    tape: Rc<RefCell<Taped>>,
    fields: Vec<&'static str>,
    record: ByteRecord,
    /// The line and the byte at which the next record begins.
    line: u64,
    end: u64,
    /// Whether the byte before is a carriage return: a line feed then belongs to the same line end.
    after_return: bool,
}

impl<R: Read> Csv<R> {
    /// Reads the header line, and returns it together with the rest.
    pub(super) fn new(input: R) -> Result<(Vec<u8>, Self)> {
        let tape = Rc::default();
        let input = Tape {
            input,
            tape: Rc::clone(&tape),
        };
        let mut builder = ReaderBuilder::new();
        let mut csv = Self {
            reader: builder.flexible(true).has_headers(false).from_reader(input),
            tape,
            fields: Vec::new(),
            record: ByteRecord::new(),
            line: 1,
            end: 0,
            after_return: false,
        };
        let (_, header) = csv
            .read()?
            .context("the file is empty: CSV begins with a header line")?;
        csv.fields = header::fields(&csv.record)?;
        Ok((header, csv))
    }

    /// Reads the next record. Returns its line number and its text.
    fn read(&mut self) -> Result<Option<(u64, Vec<u8>)>> {
        match self.reader.read_byte_record(&mut self.record) {
            Err(error) if !self.tape.borrow().is_too_long() => {
                return Err(error).context("cannot read the file");
            }
            Err(_) => return Err(self.too_long()),
            Ok(_) if self.tape.borrow().at_end => self.check_quotes()?,
            Ok(_) => {}
        }
        if self.record.is_empty() {
            return Ok(None);
        }
        let end = self.reader.position().byte();
        let length = usize::try_from(end - self.end)?;
        self.end = end;
        let mut text: Vec<_> = self.tape.borrow_mut().bytes.drain(..length).collect();
        let empty = empty_lines(&text);
        let line = self.line_behind(text.iter().take(empty));
        self.line = self.line_behind(&text);
        self.after_return = text.last() == Some(&b'\r');
        text.drain(..empty);
        Ok(Some((line, without_line_end(text))))
    }

    fn too_long(&self) -> Error {
        let tape = self.tape.borrow();
        // At the cut, the last quote may be the first of an escaped pair, so the cell may still be open.
        let empty = match place_behind(&tape.bytes) {
            Place::Quoted(quote) | Place::Closed(quote) => return self.not_closed(quote),
            Place::CellStart | Place::Cell => empty_lines(&tape.bytes),
        };
        let line = self.line_behind(tape.bytes.iter().take(empty));
        anyhow!("the record on line {line} is longer than a million bytes")
    }

    /// Checks that the last record does not contain an unclosed quote, which would swallow the rest of the file.
    fn check_quotes(&self) -> Result<()> {
        match place_behind(&self.tape.borrow().bytes) {
            Place::Quoted(quote) => Err(self.not_closed(quote)),
            _ => Ok(()),
        }
    }

    fn not_closed(&self, quote: usize) -> Error {
        let line = self.line_behind(self.tape.borrow().bytes.iter().take(quote));
        anyhow!("the quote that opens on line {line} is never closed")
    }

    /// The number of the line on which this text ends, which was read after the last record. A line ends with a line
    /// feed, a carriage return, or both.
    fn line_behind<'a>(&self, text: impl IntoIterator<Item = &'a u8>) -> u64 {
        let (mut line, mut after_return) = (self.line, self.after_return);
        for byte in text {
            line += u64::from(*byte == b'\r' || *byte == b'\n' && !after_return);
            after_return = *byte == b'\r';
        }
        line
    }

    fn customer(&self, text: &[u8]) -> Result<Customer, InvalidCustomer> {
        if is_misquoted(text) {
            return Err(rejected(
                FaultCode::InvalidFormat,
                "has text between the closing quote of a cell and the next comma; a quote within a quoted cell is \
                 written twice",
            ));
        }
        if self.record.len() != self.fields.len() {
            return Err(rejected(
                FaultCode::InvalidFormat,
                format!(
                    "has {} cells where the header line has {}",
                    self.record.len(),
                    self.fields.len()
                ),
            ));
        }
        let cells = self.fields.iter().zip(&self.record);
        let members = cells
            .map(|(field, cell)| Some(((*field).to_owned(), value(field, std::str::from_utf8(cell).ok()?))));
        match members.collect::<Option<Vec<_>>>() {
            Some(members) => Customer::from_members(members),
            None => Err(rejected(FaultCode::InvalidFormat, "must be UTF-8")),
        }
    }
}

impl<R: Read> Iterator for Csv<R> {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read().transpose()?;
        Some(read.map(|(line, text)| Row {
            line,
            end: self.end,
            customer: self.customer(&text),
            text: Some(text),
        }))
    }
}

/// A cell as JSON. Permissions are in one cell, separated by spaces.
fn value(field: &str, cell: &str) -> Value {
    if field == "permission_ids" {
        cell.split_ascii_whitespace().map(Value::from).collect()
    } else {
        Value::from(cell)
    }
}

/// How many bytes of empty lines come before the record.
fn empty_lines(text: &[u8]) -> usize {
    let line_end = |byte: &&u8| matches!(byte, b'\n' | b'\r');
    text.iter().take_while(line_end).count()
}

/// A position between two bytes of a record.
enum Place {
    CellStart,
    Cell,
    /// Inside a quoted cell; its quote opens at this offset.
    Quoted(usize),
    /// After a quote in such a cell, which closes it unless another quote follows.
    Closed(usize),
}

impl Place {
    /// The position behind the next byte, which is at this offset.
    fn next(&self, offset: usize, byte: u8) -> Self {
        match (self, byte) {
            (Self::CellStart, b'"') => Self::Quoted(offset),
            (Self::Quoted(opens), b'"') => Self::Closed(*opens),
            (Self::Closed(opens), b'"') | (Self::Quoted(opens), _) => Self::Quoted(*opens),
            (_, b',' | b'\n' | b'\r') => Self::CellStart,
            _ => Self::Cell,
        }
    }
}

/// The position at the end of a text.
fn place_behind(text: &[u8]) -> Place {
    let mark = text.len() - without_mark(text).len();
    let bytes = text.iter().enumerate().skip(mark);
    bytes.fold(Place::CellStart, |place, (offset, byte)| {
        place.next(offset, *byte)
    })
}

/// Whether text follows a closing quote in the same cell. The reader would add it to the cell without the quotes.
fn is_misquoted(text: &[u8]) -> bool {
    let mut place = Place::CellStart;
    text.iter().enumerate().any(|(offset, byte)| {
        let before = std::mem::replace(&mut place, Place::CellStart);
        place = before.next(offset, *byte);
        matches!((before, &place), (Place::Closed(_), Place::Cell))
    })
}

/// What was read since the last record ended.
#[derive(Default)]
struct Taped {
    bytes: Vec<u8>,
    at_end: bool,
}

impl Taped {
    fn is_too_long(&self) -> bool {
        self.bytes.len() > MAX_BYTES
    }
}

/// Keeps the bytes that are read, and fails if a record is too long: a cell without a closing quote would be the rest
/// of the file.
struct Tape<R> {
    input: R,
    tape: Rc<RefCell<Taped>>,
}

impl<R: Read> Read for Tape<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut tape = self.tape.borrow_mut();
        if tape.is_too_long() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.input.read(buffer)?;
        tape.bytes.extend(buffer.iter().take(count));
        tape.at_end = count == 0;
        Ok(count)
    }
}
