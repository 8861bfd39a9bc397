//! The metrics of a log line, in CloudWatch's embedded metric format. They have no dimensions, so that none can name a
//! customer. Only `server_errors` has: the function and its version, for the alarm that watches a new version.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

/// The namespace of a function's metrics, and the values of their dimensions.
#[derive(Clone, Debug)]
pub struct MetricScope {
    /// CloudWatch's namespace.
    pub namespace: String,
    /// The function's name.
    pub function: String,
    /// The function's version.
    pub version: String,
}

/// The part of a log line with its counts, and with their declaration if they have a scope.
#[derive(Serialize)]
pub struct Metrics<'a> {
    #[serde(flatten)]
    counts: &'a BTreeMap<&'static str, usize>,
    #[serde(flatten)]
    failure: Option<Failure<'a>>,
    #[serde(rename = "_aws", skip_serializing_if = "Option::is_none")]
    declaration: Option<Declaration<'a>>,
}

/// The metric `server_errors`, and the values of its dimensions.
#[derive(Serialize)]
struct Failure<'a> {
    server_errors: usize,
    function: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Declaration<'a> {
    timestamp: i64,
    cloud_watch_metrics: Vec<Directive<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
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

impl<'a> Metrics<'a> {
    /// The metrics of a line that was written at `time`: its counts by name, and how often the system failed.
    pub fn new(
        counts: &'a BTreeMap<&'static str, usize>,
        server_errors: usize,
        time: DateTime<Utc>,
        scope: Option<&'a MetricScope>,
    ) -> Self {
        let scope = scope.filter(|_| has_metrics(counts, server_errors));
        Self {
            counts,
            failure: scope.filter(|_| server_errors > 0).map(|scope| Failure {
                server_errors,
                function: &scope.function,
                version: &scope.version,
            }),
            declaration: scope.map(|scope| Declaration {
                timestamp: time.timestamp_millis(),
                cloud_watch_metrics: directives(counts, server_errors, &scope.namespace),
            }),
        }
    }
}

/// Whether a line with these counts has metrics. Then it is written at every log level.
pub fn has_metrics(counts: &BTreeMap<&'static str, usize>, server_errors: usize) -> bool {
    !counts.is_empty() || server_errors > 0
}

fn directives<'a>(
    counts: &BTreeMap<&'static str, usize>,
    server_errors: usize,
    namespace: &'a str,
) -> Vec<Directive<'a>> {
    let count = |name| Metric { name, unit: "Count" };
    let mut directives = Vec::new();
    if !counts.is_empty() {
        directives.push(Directive {
            namespace,
            dimensions: [&[]],
            metrics: counts.keys().copied().map(count).collect(),
        });
    }
    if server_errors > 0 {
        directives.push(Directive {
            namespace,
            dimensions: [&["function", "version"]],
            metrics: vec![count("server_errors")],
        });
    }
    directives
}
