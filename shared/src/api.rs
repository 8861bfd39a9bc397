//! The HTTP side: from an API Gateway event to a request, from a result to an answer.

mod body;
mod entity_tag;
mod event;
mod idempotency_key;
mod problem;
mod query;
mod representation;
mod respond;

pub use body::{body, customer_id};
pub use entity_tag::{if_match, is_unmodified};
pub use event::{Authorizer, Event};
pub use idempotency_key::idempotency_key;
pub use problem::Problem;
pub use query::Query;
pub use representation::{created, customer, customers, in_clear, not_modified, permissions};
pub use respond::{Invocation, respond};

/// An answer: status, header fields, and a body of JSON or none.
pub type Response = lambda_http::Response<lambda_http::Body>;
