//! The one line that every call leaves in the log: what was asked, how it was answered, and the figures that
//! CloudWatch takes out of it. Nothing in it is a customer's.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use lambda_http::http::StatusCode;
use serde::{Serialize, Serializer};

use crate::problem::Problem;
use crate::response::Response;

/// What was asked, and by whom.
#[derive(Debug, Serialize)]
pub(crate) struct Call {
    pub(crate) request_id: String,
    /// Such as `GET /customers/{id}`.
    pub(crate) route: String,
    pub(crate) method: String,
    /// The kind of caller.
    pub(crate) caller: &'static str,
}

/// Where the figures in a function's lines become metrics.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// CloudWatch's namespace.
    pub namespace: String,
    /// The function's name.
    pub function: String,
    /// The version of it that runs here.
    pub version: String,
}

/// A line, in the form of Lambda's own JSON logs.
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
    /// What the call counts as, each once. Most calls count as nothing: API Gateway, Lambda and DynamoDB have
    /// their own figures.
    #[serde(flatten)]
    figures: BTreeMap<&'static str, usize>,
}

/// What happened to customers in a call. An answer carries it among its extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CustomerEvent {
    Created,
    Deleted,
    Restored,
    /// So many could not be read.
    Damaged(usize),
}

impl CustomerEvent {
    fn figure(self) -> (&'static str, usize) {
        match self {
            Self::Created => ("customers_created", 1),
            Self::Deleted => ("customers_deleted", 1),
            Self::Restored => ("customers_restored", 1),
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
                    is_damage.then_some(CustomerEvent::Damaged(1)),
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
            figures: event.map(CustomerEvent::figure).into_iter().collect(),
        }
    }

    /// Whether the call was answered with a failure of the system.
    pub fn is_failure(&self) -> bool {
        self.level == "ERROR"
    }

    /// Whether the call counts as anything.
    pub fn has_figures(&self) -> bool {
        !self.figures.is_empty() || self.is_server_error()
    }

    fn is_server_error(&self) -> bool {
        self.status >= 500
    }

    /// Counts the call as the first one of its environment.
    pub fn set_cold_start(&mut self) {
        self.figures.insert("cold_start", 1);
    }

    /// The line as JSON. With `metrics`, its figures are metrics there, in CloudWatch's embedded metric format: without
    /// dimensions, so that none can name a customer. Only a failure also says which version of which function failed,
    /// for the alarm that watches a new version.
    ///
    /// # Errors
    /// None in practice.
    pub fn to_json(&self, metrics: Option<&Metrics>) -> Result<String, serde_json::Error> {
        let metrics = metrics.filter(|_| self.has_figures());
        let failure = metrics.filter(|_| self.is_server_error()).map(|metrics| Failure {
            server_errors: 1,
            function: &metrics.function,
            version: &metrics.version,
        });
        let embedded = metrics.map(|metrics| Embedded {
            timestamp: self.timestamp.timestamp_millis(),
            cloud_watch_metrics: self.directives(&metrics.namespace),
        });
        serde_json::to_string(&Document {
            line: self,
            failure,
            embedded,
        })
    }

    fn directives<'a>(&self, namespace: &'a str) -> Vec<MetricDirective<'a>> {
        let count = |name| Metric { name, unit: "Count" };
        let mut directives = Vec::new();
        if !self.figures.is_empty() {
            directives.push(MetricDirective {
                namespace,
                dimensions: [&[]],
                metrics: self.figures.keys().copied().map(count).collect(),
            });
        }
        if self.is_server_error() {
            directives.push(MetricDirective {
                namespace,
                dimensions: [&["function", "version"]],
                metrics: vec![count("server_errors")],
            });
        }
        directives
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    line: &'a LogLine,
    #[serde(flatten)]
    failure: Option<Failure<'a>>,
    #[serde(rename = "_aws", skip_serializing_if = "Option::is_none")]
    embedded: Option<Embedded<'a>>,
}

/// What a failure counts as, and the values of its dimensions.
#[derive(Serialize)]
struct Failure<'a> {
    server_errors: usize,
    function: &'a str,
    version: &'a str,
}

/// CloudWatch's embedded metric format: which members of the line are metrics.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Embedded<'a> {
    timestamp: i64,
    cloud_watch_metrics: Vec<MetricDirective<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricDirective<'a> {
    namespace: &'a str,
    dimensions: [&'static [&'static str]; 1],
    metrics: Vec<Metric>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

fn rfc3339<S: Serializer>(moment: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&moment.to_rfc3339_opts(SecondsFormat::Millis, true))
}
