//! The cold start: from a new process to the first call.
//!
//! Everything comes from the environment that Lambda gives, nothing from files or metadata services. The
//! connection to the database is opened before the first call, in the init phase, which has a whole core.
//!
//! | module | holds |
//! |---|---|
//! | `settings` | where the table is, and the store there |
//! | `tls` | which certificates are trusted |
//! | `log` | what is written to the log |
//! | `environment` | environment variables |

mod environment;
mod log;
mod settings;
mod tls;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use api::{Caller, Event, IdentitySource, Invocation, Problem, Response, respond};
use lambda_http::Request;
use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use store::CustomerStore;

pub use crate::settings::{Settings, SettingsError};
pub use crate::tls::TlsError;

use crate::environment::variable;
use crate::log::CallLog;

/// How long the init phase waits for the database before the function starts without it.
const WARM_UP: Duration = Duration::from_secs(1);

/// How long API Gateway's HTTP API waits for an answer at most: the limit where Lambda gives none that can be true.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Runs a function that needs the store: one handler, called for every event until Lambda ends the process.
///
/// # Errors
/// A sentence that says which setting is missing or wrong.
pub async fn run_with_store<H, F>(handler: H) -> Result<(), lambda_http::Error>
where
    H: Fn(CustomerStore, Caller, Request) -> F + Sync,
    F: Future<Output = Result<Response, Problem>> + Send,
{
    log::init();
    // As text: Lambda logs an error's `Debug`, and a person is to read a sentence.
    let store = Settings::from_env()
        .and_then(Settings::store)
        .map_err(|error| error.to_string())?;
    let started = Instant::now();
    match tokio::time::timeout(WARM_UP, store.warm_up()).await {
        Ok(Ok(())) => tracing::debug!(elapsed_ms = millis(started), "connected to the database"),
        Ok(Err(error)) => {
            tracing::warn!(elapsed_ms = millis(started), %error, "the database refused the first read")
        }
        Err(_) => tracing::warn!(
            elapsed_ms = millis(started),
            "the database did not answer in time"
        ),
    }
    serve(|caller, request| handler(store.clone(), caller, request)).await
}

/// Runs a function that needs no store.
///
/// # Errors
/// Whatever the runtime fails for.
pub async fn run<H, F>(handler: H) -> Result<(), lambda_http::Error>
where
    H: Fn(Caller, Request) -> F + Sync,
    F: Future<Output = Result<Response, Problem>> + Send,
{
    log::init();
    serve(handler).await
}

async fn serve<H, F>(handler: H) -> Result<(), lambda_http::Error>
where
    H: Fn(Caller, Request) -> F + Sync,
    F: Future<Output = Result<Response, Problem>> + Send,
{
    let source = identity_source(variable("AWS_SAM_LOCAL").as_deref());
    let log = &CallLog::from_env();
    let handler = &handler;
    // The runtime reads an event through a layer that tracks where it is, for its error messages. That costs more
    // than reading it: so it passes the text on, and what reads it here takes any text.
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

/// `sam local` runs no authorizer and sets `AWS_SAM_LOCAL=true`; nothing in the cloud does.
fn identity_source(sam_local: Option<&str>) -> IdentitySource {
    match sam_local {
        Some("true") => IdentitySource::PlainTokens,
        _ => IdentitySource::Authorizer,
    }
}

/// How long a call has until `deadline`, in milliseconds since 1970. A deadline that has passed cannot be true, as
/// Lambda would have ended the call: `cargo lambda watch` sends a duration in its place.
fn time_left(deadline: u64, now: SystemTime) -> Duration {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    match Duration::from_millis(deadline).saturating_sub(now) {
        Duration::ZERO => LONGEST_WAIT,
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
    fn plain_tokens_are_taken_under_sam_local_and_nowhere_else() {
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
    fn a_deadline_in_the_past_is_not_believed() {
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
