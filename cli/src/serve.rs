//! `serve`: runs the whole system on localhost until it is stopped.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;
use local::database::DEFAULT_FILE;
use local::gateway::Origin;
use local::output::{Output, note};
use local::server::{Address, Options, Server, Webhooks};
use local::signals::Signals;
use local::template::{CUSTOMERS_TABLE, DEFAULT_PATH, EVENTS_TABLE, Route};

/// Serves the registry on localhost: the API, its authorizer and an embedded DynamoDB, in one process. This is the
/// default command.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// The address of the API; port 0 picks a free port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3000")]
    listen: Address,

    /// The address of the database, for the AWS CLI and `sam local invoke`; port 0 picks a free port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8000")]
    dynamodb: Address,

    /// The address of the queue in which webhooks wait, for `sam local invoke`; port 0 picks a free port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8001")]
    queue: Address,

    /// The file that holds the data
    #[arg(long, value_name = "PATH", default_value = DEFAULT_FILE)]
    data: PathBuf,

    /// Keep the data in memory only
    #[arg(long, conflicts_with = "data")]
    memory: bool,

    /// An origin whose web pages may call the API, such as http://localhost:5173, or * for all; can be repeated
    #[arg(long, value_name = "ORIGIN")]
    cors: Vec<Origin>,

    /// Let webhooks go to this machine, such as to `customers listen`
    #[arg(long)]
    allow_private_webhooks: bool,

    /// Send no webhooks: they wait in the queue
    #[arg(long, conflicts_with = "allow_private_webhooks")]
    no_webhooks: bool,

    /// The template that defines the routes, functions and tables
    #[arg(long, value_name = "PATH", default_value = DEFAULT_PATH, hide_default_value = true)]
    template: PathBuf,
}

/// Serves until a signal arrives, or until a part of the system fails. Each failed call leaves a line in `errors`.
///
/// # Errors
/// A sentence that says what cannot be used, or which part failed and why.
pub(crate) async fn serve(arguments: ServeArguments, errors: Output) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    let data = (!arguments.memory).then_some(arguments.data);
    let kept = data
        .as_ref()
        .map_or_else(|| "in memory".to_owned(), |path| format!("in {}", path.display()));
    let (webhooks, reach) = match (arguments.no_webhooks, arguments.allow_private_webhooks) {
        (true, _) => (Webhooks::Nowhere, "none is sent"),
        (_, true) => (Webhooks::PublicAndLoopback, "they may go to this machine"),
        (_, false) => (
            Webhooks::Public,
            "with --allow-private-webhooks they may go to this machine",
        ),
    };
    let output = Output::standard();
    let any_page = arguments.cors.iter().any(|origin| origin.as_str() == "*");
    let server = Server::start(Options {
        listen: arguments.listen,
        dynamodb: arguments.dynamodb,
        queue: arguments.queue,
        data,
        template: arguments.template,
        cors: arguments.cors,
        webhooks,
        failures: errors,
        access_log: Some(output.clone()),
    })
    .await?;
    warn_of_strangers(&server, any_page);
    output.say(greeting(&server, &kept, reach));
    let ended = until_stopped(server, signals, &output).await;
    output.end().await;
    ended
}

async fn until_stopped(mut server: Server, mut signals: Signals, output: &Output) -> anyhow::Result<()> {
    let failure = tokio::select! {
        () = signals.next() => None,
        failure = server.failed() => Some(failure),
    };
    output.say("\nstopping; press Ctrl-C again to stop immediately\n".to_owned());
    let stopped = tokio::select! {
        stopped = server.stop() => stopped,
        () = signals.next() => Err(anyhow!("stopped immediately: calls in progress were cut off")),
    };
    failure.map_or(stopped, Err)?;
    output.say("stopped\n".to_owned());
    Ok(())
}

/// Warns if more than the programs on this machine have access.
fn warn_of_strangers(server: &Server, any_page: bool) {
    if any_page {
        note(format_args!(
            "warning: every web page in a browser on this machine can call the API as an operator, because its tokens \
             are not secret. Name the origins that you trust with --cors."
        ));
    }
    let is_open = |address: SocketAddr| !address.ip().to_canonical().is_loopback();
    if is_open(server.address) {
        note(format_args!(
            "warning: other machines can reach the API at http://{} and call it as an operator, because its tokens \
             are not secret. Keep --listen on loopback unless you trust them all.",
            server.address
        ));
    }
    if is_open(server.dynamodb) {
        note(format_args!(
            "warning: other machines can reach the database at http://{} and read and change \
             everything, secrets included. Keep --dynamodb on loopback unless you trust them all.",
            server.dynamodb
        ));
    }
    if is_open(server.queue) {
        note(format_args!(
            "warning: other machines can reach the queue at http://{} and have webhooks sent. Keep --queue on \
             loopback unless you trust them all.",
            server.queue
        ));
    }
}

fn greeting(server: &Server, kept: &str, reach: &str) -> String {
    let mut routes = Vec::new();
    for function in &server.template.functions {
        for route in &function.routes {
            if let Route::Of { method, path } = route {
                routes.push((path, method, &function.binary));
            }
        }
    }
    routes.sort();
    let routes: String = routes
        .iter()
        .map(|(path, method, binary)| format!("  {method:<7} {path:<30} {binary}\n"))
        .collect();
    format!(
        "The customer registry is served at http://{address}
Its database at http://{dynamodb} has the tables {customers} and {events} and keeps its data {kept}.
Webhooks wait in the queue at http://{queue}; {reach}.

{routes}
Read and try the API at http://{address}/docs, or:
  curl -i http://{address}/customers -H 'Authorization: Bearer operator' \\
    -H 'Content-Type: application/json' -d '{{\"username\": \"berta\"}}'

Ctrl-C stops it.

",
        address = server.address,
        dynamodb = server.dynamodb,
        customers = CUSTOMERS_TABLE,
        events = EVENTS_TABLE,
        queue = server.queue,
    )
}
