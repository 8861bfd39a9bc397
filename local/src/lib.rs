//! The whole system on localhost, in one process, for development and for tests.
//!
//! | module | holds |
//! |---|---|
//! | [`template`] | CloudFormation: reads routes, functions and tables from `template.yaml` |
//! | [`gateway`] | API Gateway: HTTP to events, answers to HTTP, and the authorizer |
//! | [`functions`] | Lambda: the handlers, by the names of their binaries |
//! | [`database`] | DynamoDB: an embedded engine behind a socket |
//! | [`stream`] | the stream of the customers' table |
//! | [`queue`] | SQS and EventBridge |
//! | [`webhooks`] | Lambda where it reads a stream and a queue: the functions that tell of changes |
//! | [`reference`] | the API reference, in which calls can be tried |
//! | [`server`] | the whole system, started and stopped as one |
//! | [`output`] | standard output and standard error, where nobody may be reading |
//! | [`signals`] | SIGINT and SIGTERM |
//!
//! The handlers are the deployed ones, and they reach the database with the real SDK over the socket.

pub mod database;
pub mod functions;
pub mod gateway;
pub mod output;
pub mod queue;
pub mod reference;
pub mod server;
pub mod signals;
pub mod stream;
pub mod template;
pub mod webhooks;
