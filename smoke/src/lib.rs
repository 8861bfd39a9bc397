//! The smoke test of a running registry: it calls every function over HTTP with one test customer, and prints each
//! result. It is for people, and for a pipeline after each deployment.
//!
//! | module | holds |
//! |---|---|
//! | `arguments` | the address, and the credentials in the environment |
//! | `client` | the HTTP client: rustls with ring; names below `.localhost` are this machine |
//! | `token` | the client-credentials grant |
//! | `journey` | the steps, in order |
//! | `report` | a step: its request, the check of the answer, its line of output |

mod arguments;
mod client;
mod journey;
mod report;
mod token;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

pub use self::arguments::{Credentials, SmokeArguments, address};
pub use self::client::{client, is_this_machine};
use self::journey::Journey;
pub use self::report::reason;
use self::report::{Failed, say};

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
        Credentials::Client(grant) => match grant.token().await? {
            Ok(token) => token,
            Err(failed) => return Ok(Err(failed)),
        },
    };
    let journey = Journey::new(&arguments.url, token)?;
    Ok(journey.run().await)
}
