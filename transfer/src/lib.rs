//! Customers moving in and out of a table.
//!
//! | module | does |
//! |---|---|
//! | [`import`] | reads a file and puts its customers into a table |
//! | [`export`] | writes a table's customers to a file |
//! | `target`, `endpoint` | which table, and how it is reached |
//! | `file` | files that appear when they are complete, and are their owner's alone |
//! | `format` | how customers are written in a file |
//! | `patience` | how long to repeat what the database refuses for now |
//! | `progress` | how far a transfer is |

mod endpoint;
pub mod export;
mod file;
mod format;
pub mod import;
mod patience;
mod progress;
mod target;

pub use crate::format::Format;
