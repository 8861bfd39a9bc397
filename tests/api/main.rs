//! The API from outside: HTTP in, HTTP out, every answer held to `openapi.yaml`.
//!
//! Each test serves an API of its own on this machine, or calls the one at `CUSTOMERS_URL`, wherever that is:
//! docs/rehearsal.md says how. There it shares the table with others, so it looks at its own customers only.

mod callers;
mod conditions;
mod create;
mod delete;
mod erase;
mod errors;
mod get;
mod history;
mod idempotency;
mod list;
mod races;
mod update;
mod webhook;
