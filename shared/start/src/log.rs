//! The log of a function: JSON lines on standard output, which Lambda collects.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use api::{LogLine, MetricScope};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::environment::variable;

/// Logs at the level that Lambda's logging configuration sets; a release has no level finer than `info`. Libraries log
/// warnings only: their finer levels print requests and answers, and so secrets.
pub(crate) fn init() {
    let level = variable("AWS_LAMBDA_LOG_LEVEL")
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::INFO);
    let format = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        // Otherwise it panics if neither standard output nor standard error can be written.
        .log_internal_errors(false);
    let levels = Targets::new().with_default(LevelFilter::WARN).with_targets(
        [
            "start",
            "api",
            "store",
            "event",
            "publish_events",
            "deliver_webhook",
            "redeliver_event",
        ]
        .map(|ours| (ours, level)),
    );
    // This fails only if a subscriber is already set. Then that one is used.
    let _ = tracing_subscriber::registry()
        .with(format)
        .with(levels)
        .try_init();
}

/// Metrics have the namespace that the template sets, and the function name and version that Lambda sets. None where no
/// namespace is set.
pub(crate) fn metric_scope() -> Option<MetricScope> {
    variable("METRIC_NAMESPACE").map(|namespace| MetricScope {
        namespace,
        function: variable("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default(),
        version: variable("AWS_LAMBDA_FUNCTION_VERSION").unwrap_or_default(),
    })
}

/// Writes the log lines of calls.
pub(crate) struct CallLog {
    /// The scope of the metrics in the lines, if metrics are collected.
    scope: Option<MetricScope>,
    is_cold: AtomicBool,
}

impl CallLog {
    pub(crate) fn from_env() -> Self {
        Self {
            scope: metric_scope(),
            is_cold: AtomicBool::new(true),
        }
    }

    /// Writes a call's line to standard output if its level is enabled. A line with metrics is always written.
    pub(crate) fn write(&self, mut line: LogLine) {
        if self.is_cold.swap(false, Ordering::Relaxed) {
            line.set_cold_start();
        }
        if (is_enabled(line.is_failure()) || line.has_metrics())
            && let Ok(text) = line.to_json(self.scope.as_ref())
        {
            // A call is answered even if its line cannot be written.
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }
}

/// Whether the log has the lines of calls that failed, or of the others.
pub(crate) fn is_enabled(is_failure: bool) -> bool {
    match is_failure {
        true => tracing::enabled!(tracing::Level::ERROR),
        false => tracing::enabled!(tracing::Level::INFO),
    }
}
