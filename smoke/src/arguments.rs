//! The command's input: an address as its argument, and what `--help` says of the credentials.

use clap::Args;
use registry_client::address;
use reqwest::Url;

/// Runs a smoke test against a running registry: calls every function with one test customer
///
/// Creates a customer, reads, updates, finds, lists, deletes and restores it, deletes it again and erases it, and
/// checks every answer. Each step prints a line. The customer's username begins with `smoke-test-`. Only its id stays
/// in the table. A step that fails ends the test, and so does Ctrl-C: the customer is then erased, or named if that
/// fails too.
#[derive(Debug, Args)]
#[command(after_help = ENVIRONMENT)]
pub struct SmokeArguments {
    /// The API's address, such as the stack's output ApiUrl
    #[arg(value_parser = address)]
    pub url: Url,
}

const ENVIRONMENT: &str = "\
Credentials come from the environment. Either a token with the scope customers/write:
  CUSTOMERS_TOKEN

or a client that gets one with the client-credentials grant:
  CUSTOMERS_TOKEN_ENDPOINT   the stack's output TokenEndpoint, or your issuer's
  CUSTOMERS_CLIENT_ID        the stack's output ClientId
  CUSTOMERS_CLIENT_SECRET

Exit status: 0 if all steps passed, 1 if a step failed or a signal ended the test,
2 if the arguments or the environment are wrong.";
