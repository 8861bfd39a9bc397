//! What is written where: what was asked for on standard output, everything else on standard error.

use std::io::{self, Write};

use console::Term;

/// The width of the terminal that standard output is, if it is one.
pub(crate) fn width() -> Option<usize> {
    let (_, columns) = Term::stdout().size_checked()?;
    Some(columns.into())
}

/// Writes to standard output, at once.
///
/// # Errors
/// If nobody reads it any more, or the disk is full.
pub(crate) fn out(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Writes a line to standard error. It is no error if nobody reads it.
pub(crate) fn note(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
