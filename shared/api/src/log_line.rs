//! The one log line of every call: the request, the answer, and the metrics that CloudWatch reads from it. It contains
//! no customer data.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use lambda_http::http::StatusCode;
use serde::{Serialize, Serializer};

use crate::metrics::{MetricScope, Metrics, has_metrics};
use crate::problem::Problem;
use crate::response::Response;

/// The request, and the kind of its caller.
#[derive(Debug, Serialize)]
pub(crate) struct Call {
    pub(crate) request_id: String,
    /// Such as `GET /customers/{id}`.
    pub(crate) route: String,
    pub(crate) method: String,
    /// The kind of caller.
    pub(crate) caller: &'static str,
}

/// A log line, in the format of Lambda's own JSON logs.
#[derive(Debug, Serialize)]
pub struct LogLine {
    #[serde(serialize_with = "rfc3339")]
    timestamp: DateTime<Utc>,
    level: &'static str,
    message: &'static str,
    #[serde(flatten)]
    call: Call,
    status: u16,
    duration_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// Why the system failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    /// The call's metrics, besides `server_errors`. Most calls have none: API Gateway, Lambda and DynamoDB have metrics
    /// of their own.
    #[serde(skip)]
    counts: BTreeMap<&'static str, usize>,
}

/// What a call did to customers. A response carries it in its extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CustomerMetric {
    Created,
    Deleted,
    Restored,
    Erased,
    /// This many could not be read.
    Damaged(usize),
}

impl CustomerMetric {
    fn metric(self) -> (&'static str, usize) {
        match self {
            Self::Created => ("customers_created", 1),
            Self::Deleted => ("customers_deleted", 1),
            Self::Restored => ("customers_restored", 1),
            Self::Erased => ("customers_erased", 1),
            Self::Damaged(count) => ("customers_damaged", count),
        }
    }
}

impl LogLine {
    pub(crate) fn new(call: Call, result: &Result<Response, Problem>, took: Duration) -> Self {
        let status = result.as_ref().map_or_else(Problem::status, Response::status);
        let failed = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let (code, cause, event) = match result {
            Ok(response) => (None, None, response.extensions().get().copied()),
            Err(problem) => {
                let cause = problem.source().filter(|_| failed).map(ToString::to_string);
                let is_damage = matches!(problem, Problem::Damaged(_));
                (
                    Some(problem.code()),
                    cause,
                    is_damage.then_some(CustomerMetric::Damaged(1)),
                )
            }
        };
        Self {
            timestamp: Utc::now(),
            level: if failed { "ERROR" } else { "INFO" },
            message: if failed { "failed" } else { "answered" },
            call,
            status: status.as_u16(),
            duration_ms: took.as_micros() as f64 / 1000.0,
            code,
            cause,
            counts: event.map(CustomerMetric::metric).into_iter().collect(),
        }
    }

    /// Whether the system failed or throttled the call.
    pub fn is_failure(&self) -> bool {
        self.level == "ERROR"
    }

    /// Whether the line has metrics.
    pub fn has_metrics(&self) -> bool {
        has_metrics(&self.counts, self.server_errors())
    }

    fn server_errors(&self) -> usize {
        usize::from(self.status >= 500)
    }

    /// Counts the call as a cold start: the first call of its environment.
    pub fn set_cold_start(&mut self) {
        self.counts.insert("cold_start", 1);
    }

    /// The line as JSON. With a `scope`, it declares its metrics.
    ///
    /// # Errors
    /// None in practice.
    pub fn to_json(&self, scope: Option<&MetricScope>) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Document {
            line: self,
            metrics: Metrics::new(&self.counts, self.server_errors(), self.timestamp, scope),
        })
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    line: &'a LogLine,
    #[serde(flatten)]
    metrics: Metrics<'a>,
}

fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
}
