//! The HTTP side: from an API Gateway event to a request, from a result to an answer, and who may call what.
//!
//! | modules | hold |
//! |---|---|
//! | `respond` | what happens before and after every handler |
//! | `event` | the event that API Gateway sends |
//! | `caller`, `claims` | who calls, and what they may do |
//! | `path`, `query`, `body`, `entity_tag`, `idempotency_key` | the parts of a request |
//! | `representation`, `webhook`, `history`, `problem`, `response` | answers |
//! | `log_line`, `metrics` | the log line of a call, and the metrics in log lines |
//! | `json_error` | what a log may show of an error in an event |

mod body;
mod caller;
mod claims;
mod entity_tag;
mod event;
mod history;
mod idempotency_key;
mod json_error;
mod log_line;
mod metrics;
mod path;
mod problem;
mod query;
mod representation;
mod respond;
mod response;
mod webhook;

pub use crate::body::body;
pub use crate::caller::{Caller, IdentitySource, bearer};
pub use crate::claims::Claims;
pub use crate::entity_tag::{if_match, is_unmodified, required_if_match};
pub use crate::event::Event;
pub use crate::history::{erased, events};
pub use crate::idempotency_key::idempotency_key;
pub use crate::json_error::without_values;
pub use crate::log_line::LogLine;
pub use crate::metrics::{MetricScope, Metrics, has_metrics};
pub use crate::path::{customer_id, event_version};
pub use crate::problem::Problem;
pub use crate::query::Query;
pub use crate::representation::{created, customer, customers, deleted, not_modified, permissions, restored};
pub use crate::respond::{Answer, Invocation, respond};
pub use crate::response::Response;
pub use crate::webhook::{accepted, webhook};
