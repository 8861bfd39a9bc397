//! The smoke test of a running registry: it calls every function over HTTP with one test customer, and prints each
//! result. It is for people, and for a pipeline after each deployment.
//!
//! | module | holds |
//! |---|---|
//! | `arguments` | the address, and what `--help` says |
//! | `journey` | the steps, in order |
//! | `cleanup` | erasing the customer when a step fails or a signal arrives |
//! | `report` | a step: its request, the check of the answer, its line of output |

mod arguments;
mod cleanup;
mod journey;
mod report;

use std::pin::pin;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use local::signals::Signals;
use registry_client::Credentials;

pub use self::arguments::SmokeArguments;
use self::journey::Journey;
use self::report::{Failed, say, show};

/// Runs the smoke test. Every step prints its result. After a failure or a signal, the test customer is erased.
///
/// # Errors
/// If the HTTP client cannot be created, or signals cannot be received.
pub async fn run(arguments: SmokeArguments, credentials: Credentials) -> Result<ExitCode> {
    let started = Instant::now();
    let mut signals = Signals::listen()?;
    let outcome = steps(&arguments, credentials, &mut signals).await?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(match outcome {
        Ok(()) => {
            say(&format!("passed in {seconds:.1} s"));
            ExitCode::SUCCESS
        }
        Err(Failed { .. }) => {
            say(&format!("FAILED after {seconds:.1} s"));
            ExitCode::FAILURE
        }
    })
}

async fn steps(
    arguments: &SmokeArguments,
    credentials: Credentials,
    signals: &mut Signals,
) -> Result<Result<(), Failed>> {
    let token = tokio::select! {
        token = token(credentials) => token,
        () = signals.next() => Err(Failed { status: None }),
    };
    let journey = match token {
        Ok(token) => Journey::new(&arguments.url, token)?,
        Err(failed) => return Ok(Err(failed)),
    };
    let mut running = pin!(journey.run());
    tokio::select! {
        outcome = &mut running => return Ok(outcome),
        () = signals.next() => journey.stop(),
    }
    // The call in progress is not cut off: the customer could come into being, or change, after it was looked for.
    say("stopping after this call; press Ctrl-C again to stop immediately");
    tokio::select! {
        outcome = running => Ok(outcome),
        () = signals.next() => {
            journey.name_what_is_left();
            Ok(Err(Failed { status: None }))
        }
    }
}

/// The token. A client gets it in a step.
async fn token(credentials: Credentials) -> Result<String, Failed> {
    let grant = match credentials {
        Credentials::Token(token) => return Ok(token),
        Credentials::Client(grant) => grant,
    };
    let started = Instant::now();
    let issued = grant.token().await;
    let shown = show(
        "token",
        started,
        issued.map(|token| ("got one".to_owned(), token)),
    );
    shown.ok_or(Failed { status: None })
}
