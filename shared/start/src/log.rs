//! What a function writes to standard output, from where Lambda takes it to its log: JSON lines.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use api::{LogLine, Metrics};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::environment::variable;

/// Lets through what has the level that Lambda's logging configuration sets; a release has none finer than `info`.
/// Of the libraries only warnings: their finer levels print requests and answers, and with them secrets.
pub(crate) fn init() {
    let level = variable("AWS_LAMBDA_LOG_LEVEL")
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::INFO);
    let format = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false);
    let levels = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(["start", "api", "store"].map(|ours| (ours, level)));
    // Fails only where a subscriber is set already, and then that one serves.
    let _ = tracing_subscriber::registry()
        .with(format)
        .with(levels)
        .try_init();
}

/// Where the calls' lines go.
pub(crate) struct CallLog {
    /// Where the figures in them become metrics, if anywhere.
    metrics: Option<Metrics>,
    is_cold: AtomicBool,
}

impl CallLog {
    /// Counts in the namespace that the template sets, as the function and version that Lambda says this is.
    pub(crate) fn from_env() -> Self {
        let metrics = variable("METRIC_NAMESPACE").map(|namespace| Metrics {
            namespace,
            function: variable("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default(),
            version: variable("AWS_LAMBDA_FUNCTION_VERSION").unwrap_or_default(),
        });
        Self {
            metrics,
            is_cold: AtomicBool::new(true),
        }
    }

    /// Writes a call's line to standard output if its level is wanted, and in any case if it has figures.
    pub(crate) fn write(&self, mut line: LogLine) {
        if self.is_cold.swap(false, Ordering::Relaxed) {
            line.set_cold_start();
        }
        let wanted = match line.is_failure() {
            true => tracing::enabled!(tracing::Level::ERROR),
            false => tracing::enabled!(tracing::Level::INFO),
        };
        if (wanted || line.has_figures())
            && let Ok(text) = line.to_json(self.metrics.as_ref())
        {
            // A call is answered even where nobody reads the log.
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }
}
