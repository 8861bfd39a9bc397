//! The command's input: options, and secrets that the environment keeps out of the process list.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result};
use clap::Args;
use local::server::Address;
use registry_client::{Credentials, address, registry, variable};
use reqwest::Url;

use crate::secrets::Secrets;

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

    /// The registry that is asked for the customers' secrets; by default CUSTOMERS_URL, or else http://127.0.0.1:3000
    #[arg(long, value_name = "URL", value_parser = address)]
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

Without a secret, a registry is asked, with a token that may see secrets: an operator's (scope customers/write) or the
customer's own:
  CUSTOMERS_URL              the API's address, where --api is not given
  CUSTOMERS_TOKEN            the token, or a client that gets one with the client-credentials grant:
  CUSTOMERS_TOKEN_ENDPOINT   the stack's output TokenEndpoint, or your issuer's
  CUSTOMERS_CLIENT_ID        the stack's output ClientId
  CUSTOMERS_CLIENT_SECRET

For a registry on this machine, the token is `operator` if none of these is set.";

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
            && let Some(secret) = variable("CUSTOMERS_WEBHOOK_SECRET")?
        {
            return Secrets::given(&secret).context("CUSTOMERS_WEBHOOK_SECRET cannot be used");
        }
        let api = registry(self.api.as_ref())?;
        let credentials = Credentials::for_registry(&api)?;
        Secrets::of_registry(api, credentials)
    }
}

/// Where messages can be passed on to.
fn target(text: &str) -> Result<Url, &'static str> {
    match text.parse::<Url>() {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err("must be a URL such as http://127.0.0.1:8080/hook"),
    }
}
