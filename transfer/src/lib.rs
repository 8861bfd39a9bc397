//! Import and export of customers.
//!
//! | module | does |
//! |---|---|
//! | [`import`] | reads a file and writes its customers into a table |
//! | [`export`] | writes a table's customers to a file |
//! | `target`, `endpoint` | the table, and the connection to it |
//! | `file` | output files: private to their owner, and named only when complete |
//! | `format` | the file formats, NDJSON and CSV |
//! | `pipe` | standard output, for what must be complete |
//! | `progress` | the progress bar |
//! | `retry` | retries of throttled or unanswered database requests |

mod endpoint;
pub mod export;
mod file;
mod format;
pub mod import;
mod pipe;
mod progress;
mod retry;
mod target;

pub use crate::format::Format;
