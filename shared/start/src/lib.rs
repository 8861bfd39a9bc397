//! The cold start: from a new process to the first call.
//!
//! All settings come from Lambda's environment variables, and none from configuration files or metadata services. The
//! connection to the database is opened in the init phase, before the first call, because that phase has a whole CPU
//! core.
//!
//! | module | holds |
//! |---|---|
//! | `settings` | where the table is, and the connection to it |
//! | `tls` | which certificates are trusted |
//! | `requests` | what requests to AWS carry beside their content |
//! | `log` | what is written to the log |
//! | `aws` | what all clients of AWS have in common, and those of functions that use more than the table |
//! | `history` | the table of the history, and how long it keeps events |
//! | `batch` | a function that Lambda calls with a batch of a stream or a queue |
//! | `environment` | environment variables |

mod aws;
mod batch;
mod environment;
mod history;
mod log;
mod requests;
mod settings;
mod tls;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use api::{Caller, Event, IdentitySource, Invocation, Problem, Response, respond};
use lambda_http::Request;
use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use store::{Cause, CustomerStore, History};
use tokio::task::spawn_local;

pub use crate::aws::{client_config, deliveries, event_bus};
pub use crate::batch::{Batch, run_on_batches};
pub use crate::history::{history_days, history_of};
pub use crate::settings::{Settings, SettingsError};
pub use crate::tls::TlsError;

use crate::environment::variable;
use crate::log::CallLog;

/// How long the init phase waits for the database before the function starts without it.
const WARM_UP_TIMEOUT: Duration = Duration::from_secs(1);

/// How long API Gateway's HTTP API waits for an answer: the time limit of a call without a plausible deadline.
const GATEWAY_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs a function that needs the store: one handler, called for every event until Lambda ends the process.
///
/// # Errors
/// A sentence that says which setting is missing or wrong.
pub async fn run_with_store<H, F>(handler: H) -> Result<(), lambda_http::Error>
where
    H: Fn(CustomerStore, Caller, Request) -> F + 'static,
    F: Future<Output = Result<Response, Problem>> + 'static,
{
    let store = store().await?;
    serve(move |caller, request| handler(store.clone(), caller, request)).await
}

/// Runs a function that needs the store and the history.
///
/// # Errors
/// A sentence that says which setting is missing or wrong.
pub async fn run_with_history<H, F>(handler: H) -> Result<(), lambda_http::Error>
where
    H: Fn(CustomerStore, History, Caller, Request) -> F + 'static,
    F: Future<Output = Result<Response, Problem>> + 'static,
{
    let store = store().await?;
    let history = history_of(&store)?;
    serve(move |caller, request| handler(store.clone(), history.clone(), caller, request)).await
}

/// The store that the environment describes, with its connection open.
///
/// # Errors
/// A sentence that says which setting is missing or wrong.
pub async fn store() -> Result<CustomerStore, lambda_http::Error> {
    let store = unconnected_store()?;
    let started = Instant::now();
    match tokio::time::timeout(WARM_UP_TIMEOUT, store.warm_up()).await {
        Ok(Ok(())) => tracing::debug!(elapsed_ms = millis(started), "connected to the database"),
        Ok(Err(error)) => {
            let cause = Cause::of(&error);
            tracing::warn!(elapsed_ms = millis(started), %cause, "the first read from the database failed")
        }
        Err(_) => tracing::warn!(
            elapsed_ms = millis(started),
            "the first read from the database timed out"
        ),
    }
    Ok(store)
}

/// The history that the environment describes, for a function that does not read customers. Its connection is opened by the
/// first request.
///
/// # Errors
/// A sentence that says which setting is missing or wrong.
pub fn history() -> Result<History, lambda_http::Error> {
    history_of(&unconnected_store()?)
}

/// The store that the environment describes.
///
/// # Errors
/// A sentence that says which setting is missing or wrong.
fn unconnected_store() -> Result<CustomerStore, lambda_http::Error> {
    log::init();
    // As text, because Lambda logs the `Debug` of an error, and people should read a sentence.
    let store = Settings::from_env().and_then(Settings::store);
    Ok(store.map_err(|error| error.to_string())?)
}

/// Runs a function that needs no store.
///
/// # Errors
/// A failure of the Lambda runtime.
pub async fn run<H, F>(handler: H) -> Result<(), lambda_http::Error>
where
    H: Fn(Caller, Request) -> F + 'static,
    F: Future<Output = Result<Response, Problem>> + 'static,
{
    log::init();
    serve(handler).await
}

/// Calls `handler` for every event. The main loop is a task of its own: whenever the future that the runtime was started
/// with is woken, which would be three times in a call, Tokio asks the kernel for events once more.
async fn serve<H, F>(handler: H) -> Result<(), lambda_http::Error>
where
    H: Fn(Caller, Request) -> F + 'static,
    F: Future<Output = Result<Response, Problem>> + 'static,
{
    spawn_local(main_loop(handler)).await?
}

async fn main_loop<H, F>(handler: H) -> Result<(), lambda_http::Error>
where
    H: Fn(Caller, Request) -> F,
    F: Future<Output = Result<Response, Problem>>,
{
    let source = identity_source(variable("AWS_SAM_LOCAL").as_deref());
    let log = &CallLog::from_env();
    let handler = &handler;
    // The runtime deserialises events through a layer that tracks the position for its error messages. That costs more
    // than the deserialisation itself. So the runtime only passes the text on, and `Event::read` parses it.
    lambda_runtime::run(service_fn(move |call: LambdaEvent<Box<RawValue>>| async move {
        let invocation = Invocation {
            event: Event::read(call.payload.get(), &call.context.request_id),
            time_left: time_left(call.context.deadline, SystemTime::now()),
            request_id: call.context.request_id,
        };
        let answer = respond(invocation, source, handler).await;
        log.write(answer.line);
        Ok::<_, lambda_http::Error>(answer.response)
    }))
    .await
}

/// `sam local` runs no authorizer and sets `AWS_SAM_LOCAL=true`; nothing in the cloud sets it.
fn identity_source(sam_local: Option<&str>) -> IdentitySource {
    match sam_local {
        Some("true") => IdentitySource::PlainTokens,
        _ => IdentitySource::Authorizer,
    }
}

/// How long a call has until `deadline`, which is in milliseconds since 1970. A deadline in the past is ignored: Lambda
/// would have ended the call, but `cargo lambda watch` sends a duration instead of a deadline.
fn time_left(deadline: u64, now: SystemTime) -> Duration {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    match Duration::from_millis(deadline).saturating_sub(now) {
        Duration::ZERO => GATEWAY_TIMEOUT,
        left => left,
    }
}

fn millis(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_tokens_are_accepted_only_under_sam_local() {
        assert_eq!(identity_source(Some("true")), IdentitySource::PlainTokens);
        for value in [
            None,
            Some(""),
            Some("false"),
            Some("1"),
            Some("TRUE"),
            Some("true "),
        ] {
            assert_eq!(identity_source(value), IdentitySource::Authorizer, "{value:?}");
        }
    }

    #[test]
    fn a_deadline_in_the_past_is_ignored() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        for (deadline, seconds) in [
            (1_800_000_007_000, 7),
            (600_000, 30),
            (0, 30),
            (1_799_999_999_999, 30),
        ] {
            assert_eq!(
                time_left(deadline, now),
                Duration::from_secs(seconds),
                "{deadline}"
            );
        }
    }
}
