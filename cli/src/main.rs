//! The command `customers`: serves the whole system on localhost, imports and exports customers, shows them and
//! their events, runs a smoke test against a deployment, and receives webhooks.

mod serve;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use listen::ListenArguments;
use local::output::{Output, note};
use registry_client::Credentials;
use smoke::SmokeArguments;
use terminal::{EventsArguments, GetArguments, ListArguments};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use transfer::export::{self, ExportArguments};
use transfer::import::{self, ImportArguments};

use crate::serve::{ServeArguments, serve};

/// Serves the customer registry on localhost: the API, its authorizer and an embedded DynamoDB, in one process.
///
/// Callers authenticate with a plain token: `Authorization: Bearer operator`, `reader` or `customer:<uuid>`.
#[derive(Debug, Parser)]
#[command(name = "customers", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: ServeArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(ServeArguments),
    Import(ImportArguments),
    Export(ExportArguments),
    Get(GetArguments),
    List(ListArguments),
    Events(EventsArguments),
    Smoke(SmokeArguments),
    Listen(ListenArguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let command = arguments.command.unwrap_or(Command::Serve(arguments.serve));
    let errors = Output::standard_error();
    match command {
        Command::Serve(_) | Command::Listen(_) => {
            // A call must not wait until somebody reads the log.
            let errors = errors.clone();
            init_log(move || errors.clone());
        }
        _ => init_log(std::io::stderr),
    }
    let ended = match command {
        Command::Serve(arguments) => serve(arguments, errors.clone()).await.map(|()| ExitCode::SUCCESS),
        Command::Import(arguments) => match arguments.format() {
            Ok(format) => import::run(arguments, format).await,
            Err(error) => usage("import", &error),
        },
        Command::Export(arguments) => match arguments.format() {
            Ok(format) => export::run(arguments, format).await,
            Err(error) => usage("export", &error),
        },
        Command::Get(arguments) => match arguments.access() {
            Ok(access) => terminal::get(arguments, access).await,
            Err(error) => usage("get", &error),
        },
        Command::List(arguments) => match arguments.access() {
            Ok(access) => terminal::list(arguments, access).await,
            Err(error) => usage("list", &error),
        },
        Command::Events(arguments) => match arguments.access() {
            Ok(access) => terminal::events(arguments, access).await,
            Err(error) => usage("events", &error),
        },
        Command::Smoke(arguments) => match Credentials::from_environment() {
            Ok(credentials) => smoke::run(arguments, credentials).await,
            Err(error) => usage("smoke", &error),
        },
        Command::Listen(arguments) => match arguments.secrets() {
            Ok(secrets) => {
                let ended = listen::run(arguments, secrets, errors.clone()).await;
                ended.map(|()| ExitCode::SUCCESS)
            }
            Err(error) => usage("listen", &error),
        },
    };
    errors.end().await;
    ended.unwrap_or_else(|error| {
        note(format_args!("error: {error:#}"));
        ExitCode::FAILURE
    })
}

/// Exits with the usage error of a subcommand and its causes, as clap does for other wrong arguments.
fn usage(subcommand: &str, error: &anyhow::Error) -> ! {
    let mut command = Arguments::command();
    command.build();
    let mut command = command.find_subcommand(subcommand).cloned().unwrap_or(command);
    command
        .error(ErrorKind::ValueValidation, format_args!("{error:#}"))
        .exit()
}

/// Logs warnings to standard error, which `writer` writes to. From the engine, only errors: it logs a warning for each
/// failed condition of a write.
fn init_log(writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) {
    let levels = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("dynoxide", LevelFilter::ERROR);
    // Without this, a log line that cannot be written is a panic.
    let format = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .log_internal_errors(false);
    tracing_subscriber::registry().with(format).with(levels).init();
}
