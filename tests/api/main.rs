//! The API from outside: HTTP in, HTTP out, every answer held to `openapi.yaml`.

mod callers;
mod conditions;
mod create;
mod delete;
mod errors;
mod failing_reads;
mod get;
mod idempotency;
mod list;
mod overtaken;
mod races;
mod stored;
mod update;
mod wire;
