//! The command's input: options, and secrets that the environment keeps out of the process list.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result};
use clap::Args;
use local::server::Address;
use reqwest::Url;
use smoke::is_this_machine;

use crate::secrets::Secrets;

/// The token for a registry on this machine.
const LOCAL_TOKEN: &str = "operator";

/// Receives webhooks on this machine: verifies and shows them, and passes them on to a receiver in development
///
/// Takes any path. Answers 204 to a message that verifies and 401 to one that does not, which is shown on standard
/// error only. With --forward, the answer is the receiver's status.
#[derive(Debug, Args)]
#[command(after_help = ENVIRONMENT)]
pub struct ListenArguments {
    /// The address to receive at; port 0 picks a free port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:4000")]
    pub(crate) listen: Address,

    /// Pass each verified message on to this URL, and answer the registry with the status that comes back
    #[arg(long, value_name = "URL", value_parser = target)]
    pub(crate) forward: Option<Url>,

    /// The registry that is asked for the customers' secrets; by default http://127.0.0.1:3000
    #[arg(long, value_name = "URL", value_parser = smoke::address)]
    api: Option<Url>,

    /// Verify with this secret and ask no registry. Other users of this machine see it in the process list:
    /// CUSTOMERS_WEBHOOK_SECRET hides it from them
    #[arg(long, value_name = "WHSEC", conflicts_with = "api")]
    secret: Option<Hidden>,

    /// Write each event as one line of JSON to standard output, and everything else to standard error. A GET, which
    /// carries no event, gives an object with its id only
    #[arg(long)]
    pub(crate) json: bool,
}

const ENVIRONMENT: &str = "\
The environment keeps secrets out of the process list:
  CUSTOMERS_WEBHOOK_SECRET   verifies like --secret, where neither --secret nor --api is given
  CUSTOMERS_TOKEN            the registry's token, which must be allowed to see secrets: an operator's (scope
                             customers/write) or the customer's own. For a registry on this machine, `operator`
                             if it is not set";

/// Text that no error shows.
#[derive(Clone)]
struct Hidden(String);

impl FromStr for Hidden {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

impl ListenArguments {
    /// What messages are verified with.
    ///
    /// # Errors
    /// A sentence that says which option or variable is missing or wrong.
    pub fn secrets(&self) -> Result<Secrets> {
        if let Some(Hidden(secret)) = &self.secret {
            return Secrets::given(secret).context("--secret cannot be used");
        }
        if self.api.is_none()
            && let Some(secret) = variable("CUSTOMERS_WEBHOOK_SECRET")
        {
            return Secrets::given(&secret).context("CUSTOMERS_WEBHOOK_SECRET cannot be used");
        }
        let api = match &self.api {
            Some(api) => api.clone(),
            None => "http://127.0.0.1:3000".parse()?,
        };
        let token = variable("CUSTOMERS_TOKEN")
            .or_else(|| is_this_machine(&api).then(|| LOCAL_TOKEN.to_owned()))
            .context("set CUSTOMERS_TOKEN to a token for the registry")?;
        Secrets::of_registry(api, token)
    }
}

/// An environment variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where messages can be passed on to.
fn target(text: &str) -> Result<Url, &'static str> {
    match text.parse::<Url>() {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err("must be a URL such as http://127.0.0.1:8080/hook"),
    }
}
