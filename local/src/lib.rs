//! The whole system on localhost, in one process, for development and for tests.
//!
//! | module | replaces or does |
//! |---|---|
//! | [`template`] | CloudFormation: reads routes and table from `template.yaml` |
//! | [`gateway`] | API Gateway: HTTP to events, answers to HTTP, and the authorizer |
//! | [`functions`] | Lambda: the handlers, by the names of their binaries |
//! | [`database`] | DynamoDB: an embedded engine behind a socket |
//! | [`reference`] | the API reference, in which calls can be tried |
//! | [`server`] | the whole system, started and stopped as one |
//! | [`signals`] | SIGINT and SIGTERM |
//!
//! The handlers are the deployed ones, and they reach the database with the real SDK over the socket.

pub mod database;
pub mod functions;
pub mod gateway;
pub mod reference;
pub mod server;
pub mod signals;
pub mod template;
