//! The smoke test of a running registry: it calls every function over HTTP with one test customer, and prints each
//! result. It is for people, and for a pipeline after each deployment.
//!
//! | module | holds |
//! |---|---|
//! | `arguments` | the address, and what `--help` says |
//! | `journey` | the steps, in order |
//! | `report` | a step: its request, the check of the answer, its line of output |

mod arguments;
mod journey;
mod report;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use registry_client::{Credentials, Grant};

pub use self::arguments::SmokeArguments;
use self::journey::Journey;
use self::report::{Failed, say, show};

/// Runs the smoke test. Every step prints its result.
///
/// # Errors
/// If the HTTP client cannot be created.
pub async fn run(arguments: SmokeArguments, credentials: Credentials) -> Result<ExitCode> {
    let started = Instant::now();
    let outcome = steps(&arguments, credentials).await?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(match outcome {
        Ok(()) => {
            say(&format!("passed in {seconds:.1} s"));
            ExitCode::SUCCESS
        }
        Err(Failed) => {
            say(&format!("FAILED after {seconds:.1} s"));
            ExitCode::FAILURE
        }
    })
}

async fn steps(arguments: &SmokeArguments, credentials: Credentials) -> Result<Result<(), Failed>> {
    let token = match credentials {
        Credentials::Token(token) => token,
        Credentials::Client(grant) => match token(&grant).await {
            Ok(token) => token,
            Err(failed) => return Ok(Err(failed)),
        },
    };
    let journey = Journey::new(&arguments.url, token)?;
    Ok(journey.run().await)
}

/// Gets the client's token, as a step.
async fn token(grant: &Grant) -> Result<String, Failed> {
    let started = Instant::now();
    let token = grant.token().await;
    show("token", started, token.map(|token| ("got one".to_owned(), token)))
}
