//! The API and its database: what reaches the table, and what happens when the connection to it fails.
//!
//! Tests that need only the HTTP API are in `tests/api`, which also runs against a deployment.

mod costs;
mod erasure;
mod failing_reads;
mod gateway;
mod idempotency;
mod items;
mod lasting_faults;
mod late;
mod overtaken;
mod pages;
mod passing_faults;
mod stored;
mod writes;
