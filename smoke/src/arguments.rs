//! The command's input: an address as its argument, credentials from the environment.

use anyhow::{Context, Result, bail};
use clap::Args;
use reqwest::Url;

use crate::client::is_this_machine;
use crate::token::Grant;

/// The token that a registry on this machine takes.
const LOCAL_TOKEN: &str = "operator";

/// Where a client's credentials are in the environment.
const CLIENT: [&str; 3] = [
    "CUSTOMERS_TOKEN_ENDPOINT",
    "CUSTOMERS_CLIENT_ID",
    "CUSTOMERS_CLIENT_SECRET",
];

/// Runs a smoke test against a running registry: calls every function with one test customer
///
/// Creates a customer, reads, updates, finds, lists, deletes and restores it, deletes it again and erases it, and
/// checks every answer. Each step prints a line. The customer's username begins with `smoke-test-`. Only its id stays
/// in the table.
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

Exit status: 0 if all steps passed, 1 if a step failed, 2 if the arguments or the environment are wrong.";

/// The credentials for the registry.
pub enum Credentials {
    /// A token.
    Token(String),
    /// A client that gets a token.
    Client(Grant),
}

impl Credentials {
    /// Reads them from the environment.
    ///
    /// # Errors
    /// A sentence that says which variable is missing or wrong.
    pub fn from_environment() -> Result<Self> {
        Self::set()?.with_context(|| format!("set CUSTOMERS_TOKEN, or {}", CLIENT.join(", ")))
    }

    /// Reads those for the registry at `url` from the environment. For one on this machine there is a default.
    ///
    /// # Errors
    /// A sentence that says which variable is missing or wrong.
    pub fn for_registry(url: &Url) -> Result<Self> {
        match is_this_machine(url) {
            true => Ok(Self::set()?.unwrap_or_else(|| Self::Token(LOCAL_TOKEN.to_owned()))),
            false => Self::from_environment(),
        }
    }

    /// Those that are set in the environment, if any are.
    fn set() -> Result<Option<Self>> {
        if let Some(token) = variable("CUSTOMERS_TOKEN") {
            return Ok(Some(Self::Token(token)));
        }
        match CLIENT.map(variable) {
            [Some(endpoint), Some(client_id), Some(client_secret)] => {
                let endpoint = match address(&endpoint) {
                    Ok(endpoint) => endpoint,
                    Err(fault) => bail!("CUSTOMERS_TOKEN_ENDPOINT {fault}"),
                };
                Ok(Some(Self::Client(Grant {
                    endpoint,
                    client_id,
                    client_secret,
                })))
            }
            [None, None, None] => Ok(None),
            values => {
                let missing = CLIENT.iter().zip(&values).filter(|(_, value)| value.is_none());
                let missing: Vec<_> = missing.map(|(name, _)| *name).collect();
                bail!("{} is not set", missing.join(", "))
            }
        }
    }
}

/// An environment variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// An address to which a token can be sent safely.
///
/// # Errors
/// What is wrong with it.
pub fn address(text: &str) -> Result<Url, String> {
    let Ok(url) = text.parse::<Url>() else {
        return Err("must be a URL such as https://customers.example.com".to_owned());
    };
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine(&url) => {}
        "http" => return Err("must begin with https: the token would be sent unencrypted".to_owned()),
        _ => return Err("must begin with https://".to_owned()),
    }
    let is_bare = url.username().is_empty() && url.password().is_none();
    if !is_bare || url.query().is_some() || url.fragment().is_some() {
        return Err("must have no user, query or fragment".to_owned());
    }
    Ok(url)
}
