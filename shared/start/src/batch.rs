//! Functions that Lambda calls with a batch from a stream or a queue, and that answer which parts of it failed.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Instant;

use api::{MetricScope, Metrics, has_metrics, without_values};
use chrono::{SecondsFormat, Utc};
use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::task::spawn_local;

use crate::log;

/// The result of a batch.
#[derive(Debug, Default)]
pub struct Batch {
    failed: Vec<Failure>,
    counts: BTreeMap<&'static str, usize>,
    server_errors: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

/// The answer to Lambda, which sends only the failed parts again.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    batch_item_failures: Vec<Failure>,
}

impl Batch {
    /// Has Lambda send a part again. The identifier is a message's id, or the sequence number of a record; all records after
    /// that one are sent again too.
    pub fn fail(&mut self, identifier: &str) {
        self.failed.push(Failure {
            item_identifier: identifier.to_owned(),
        });
    }

    /// Counts a failure of the system, for the alarm that watches a new version.
    pub fn count_server_error(&mut self) {
        self.server_errors += 1;
    }

    /// Adds to the metric of this name.
    pub fn count(&mut self, metric: &'static str, times: usize) {
        if times > 0 {
            *self.counts.entry(metric).or_default() += times;
        }
    }

    /// The identifiers of the parts that failed.
    pub fn failed(&self) -> impl Iterator<Item = &str> {
        self.failed.iter().map(|failure| failure.item_identifier.as_str())
    }
}

/// Runs one handler for every batch until Lambda ends the process, as `serve` does for every call.
///
/// # Errors
/// A failure of the Lambda runtime.
pub async fn run_on_batches<E, H, F>(handler: H) -> Result<(), lambda_http::Error>
where
    E: DeserializeOwned + 'static,
    H: Fn(E) -> F + 'static,
    F: Future<Output = Batch> + 'static,
{
    log::init();
    spawn_local(main_loop(handler)).await?
}

async fn main_loop<E, H, F>(handler: H) -> Result<(), lambda_http::Error>
where
    E: DeserializeOwned,
    H: Fn(E) -> F,
    F: Future<Output = Batch>,
{
    let handler = &handler;
    let scope = &log::metric_scope();
    lambda_runtime::run(service_fn(move |call: LambdaEvent<Box<RawValue>>| async move {
        let started = Instant::now();
        let event = serde_json::from_str(call.payload.get()).map_err(|error| {
            lambda_http::Error::from(format!("the event cannot be read: {}", without_values(&error)))
        })?;
        let batch = handler(event).await;
        // A line with metrics is always written, as that of a call is.
        if (has_metrics(&batch.counts, batch.server_errors) || log::is_enabled(false))
            && let Ok(line) = line(&call.context.request_id, &batch, started, scope.as_ref())
        {
            // The batch is done even if its line cannot be written.
            let _ = writeln!(std::io::stdout(), "{line}");
        }
        Ok::<_, lambda_http::Error>(Answer {
            batch_item_failures: batch.failed,
        })
    }))
    .await
}

/// The log line of a batch, in the format of Lambda's own JSON logs.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    message: &'static str,
    request_id: &'a str,
    sent_again: usize,
    duration_ms: f64,
    #[serde(flatten)]
    metrics: Metrics<'a>,
}

/// The log line of a batch as JSON. With a `scope`, it declares its metrics.
///
/// # Errors
/// None in practice.
fn line(
    request_id: &str,
    batch: &Batch,
    started: Instant,
    scope: Option<&MetricScope>,
) -> Result<String, serde_json::Error> {
    let now = Utc::now();
    serde_json::to_string(&Line {
        timestamp: now.to_rfc3339_opts(SecondsFormat::Millis, true),
        level: if batch.server_errors > 0 { "ERROR" } else { "INFO" },
        message: "processed",
        request_id,
        sent_again: batch.failed.len(),
        duration_ms: crate::millis(started),
        metrics: Metrics::new(&batch.counts, batch.server_errors, now, scope),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn logged(batch: &Batch, scope: Option<&MetricScope>) -> Value {
        serde_json::from_str(&line("r1", batch, Instant::now(), scope).unwrap()).unwrap()
    }

    fn scope() -> MetricScope {
        MetricScope {
            namespace: "customers".to_owned(),
            function: "deliver".to_owned(),
            version: "7".to_owned(),
        }
    }

    #[test]
    fn only_a_failure_of_the_system_has_dimensions_and_the_level_error() {
        let mut batch = Batch::default();
        batch.count("webhooks_failed", 2);
        batch.fail("m1");
        let line = logged(&batch, Some(&scope()));
        assert_eq!((&line["level"], &line["sent_again"]), (&json!("INFO"), &json!(1)));
        let directives = &line["_aws"]["CloudWatchMetrics"];
        assert_eq!(directives.as_array().unwrap().len(), 1);
        assert_eq!(directives[0]["Dimensions"], json!([[]]));

        batch.count_server_error();
        let line = logged(&batch, Some(&scope()));
        assert_eq!(
            (&line["level"], &line["server_errors"]),
            (&json!("ERROR"), &json!(1))
        );
        assert_eq!(
            (&line["function"], &line["version"]),
            (&json!("deliver"), &json!("7"))
        );
        let dimensions = &line["_aws"]["CloudWatchMetrics"][1]["Dimensions"];
        assert_eq!(*dimensions, json!([["function", "version"]]));
    }

    #[test]
    fn a_batch_that_counts_nothing_declares_no_metrics() {
        for scope in [None, Some(&scope())] {
            assert!(logged(&Batch::default(), scope).get("_aws").is_none());
        }
    }
}
