//! The retry file: the refused records, unchanged, to be corrected and imported again. It holds secrets.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::file::Part;
use crate::format::Format;

/// A retry file. It is created with the first refused record.
pub(super) struct RetryFile {
    /// The beginning of the file's path.
    base: PathBuf,
    extension: &'static str,
    header: Option<Vec<u8>>,
    part: Option<Part>,
}

impl RetryFile {
    /// A retry file in the folder of the `report`, named after the input. It begins with `header`.
    pub(super) fn new(report: &Path, input: &Path, format: Format, header: Option<Vec<u8>>) -> Self {
        let mut name = input.file_stem().unwrap_or("import".as_ref()).to_owned();
        name.push(".retry");
        Self {
            base: report.with_file_name(name),
            extension: match format {
                Format::Ndjson => "ndjson",
                Format::Csv => "csv",
            },
            header,
            part: None,
        }
    }

    /// Adds a record.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn add(&mut self, record: &[u8]) -> Result<()> {
        let part = match &mut self.part {
            Some(part) => part,
            none => {
                let mut part = Part::beside(&self.base)?;
                if let Some(header) = &self.header {
                    write_line(&mut part, header)?;
                }
                none.insert(part)
            }
        };
        write_line(part, record)
    }

    /// Gives the file its final name: the first of `customers.retry.csv`, `customers.retry.2.csv` and so on that is
    /// free, or whose content this file begins with. Any other file may contain corrections.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn finish(mut self) -> Result<Option<PathBuf>> {
        let Some(part) = self.part.take() else {
            return Ok(None);
        };
        let mut file = part.complete().context(CANNOT_WRITE)?;
        for number in 1_u32.. {
            let path = self.name(number);
            if path.symlink_metadata().is_err() {
                match file.persist_noclobber(&path) {
                    Ok(_) => return Ok(Some(path)),
                    Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
                    Err(error) => return Err(error.error).context(CANNOT_WRITE),
                }
            } else if begins_with(file.path(), &path).unwrap_or(false) {
                file.persist(&path)
                    .map_err(|error| error.error)
                    .context(CANNOT_WRITE)?;
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    fn name(&self, number: u32) -> PathBuf {
        let mut name = OsString::from(&self.base);
        if number > 1 {
            name.push(format!(".{number}"));
        }
        name.push(format!(".{}", self.extension));
        name.into()
    }
}

const CANNOT_WRITE: &str = "cannot write the file of the refused records";

fn write_line(part: &mut Part, line: &[u8]) -> Result<()> {
    part.write_all(line)
        .and_then(|()| part.write_all(b"\n"))
        .context(CANNOT_WRITE)
}

/// Whether the file `whole` begins with the whole content of the regular file `beginning`.
fn begins_with(whole: &Path, beginning: &Path) -> io::Result<bool> {
    let metadata = beginning.symlink_metadata()?;
    if !metadata.is_file() {
        return Ok(false);
    }
    let (mut whole, mut beginning) = (
        BufReader::new(File::open(whole)?).take(metadata.len()),
        BufReader::new(File::open(beginning)?),
    );
    loop {
        let (one, other) = (whole.fill_buf()?, beginning.fill_buf()?);
        if other.is_empty() {
            return Ok(true);
        }
        let count = one.len().min(other.len());
        if count == 0 || one.get(..count) != other.get(..count) {
            return Ok(false);
        }
        whole.consume(count);
        beginning.consume(count);
    }
}
