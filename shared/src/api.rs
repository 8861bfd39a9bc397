//! The HTTP side: from an API Gateway event to a request, from a result to an answer.

mod body;
mod entity_tag;
mod event;
mod idempotency_key;
mod log_line;
mod problem;
mod query;
mod representation;
mod respond;

pub use body::{body, customer_id};
pub use entity_tag::{if_match, is_unmodified};
pub use event::{Authorizer, Event};
pub use idempotency_key::idempotency_key;
pub use log_line::{LogLine, Metrics};
pub use problem::Problem;
pub use query::Query;
pub use representation::{
    created, customer, customers, deleted, in_clear, not_modified, permissions, restored,
};
pub use respond::{Answer, Invocation, respond};

/// An answer: status, header fields, and a body of JSON or none.
pub type Response = lambda_http::Response<lambda_http::Body>;
