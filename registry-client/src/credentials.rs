//! A token, or a client that gets one with the client-credentials grant (RFC 6749, 4.4).

#![expect(
    clippy::indexing_slicing,
    reason = "a member that a JSON object lacks reads as null"
)]

use anyhow::{Context, Result, anyhow, bail, ensure};
use reqwest::Url;
use reqwest::header::HeaderValue;
use url::form_urlencoded::byte_serialize;

use crate::address::{address, is_this_machine};
use crate::answer::send;
use crate::client::client;
use crate::environment::variable;

/// The token that a registry on this machine takes.
const LOCAL_TOKEN: &str = "operator";

/// Where a client's credentials are in the environment.
const CLIENT: [&str; 3] = [
    "CUSTOMERS_TOKEN_ENDPOINT",
    "CUSTOMERS_CLIENT_ID",
    "CUSTOMERS_CLIENT_SECRET",
];

/// The credentials for a registry.
pub enum Credentials {
    /// A token.
    Token(String),
    /// A client that gets a token.
    Client(Grant),
}

/// The credentials of a client at a token issuer.
pub struct Grant {
    endpoint: Url,
    client_id: String,
    client_secret: String,
}

impl Credentials {
    /// Reads them from the environment.
    ///
    /// # Errors
    /// A sentence that says which variable is missing or wrong, and quotes none.
    pub fn from_environment() -> Result<Self> {
        Self::set()?.with_context(|| format!("set CUSTOMERS_TOKEN, or {}", CLIENT.join(", ")))
    }

    /// Reads those for the registry at `url` from the environment. For one on this machine there is a default.
    ///
    /// # Errors
    /// As for [`from_environment`](Self::from_environment).
    pub fn for_registry(url: &Url) -> Result<Self> {
        match is_this_machine(url) {
            true => Ok(Self::set()?.unwrap_or_else(|| Self::Token(LOCAL_TOKEN.to_owned()))),
            false => Self::from_environment(),
        }
    }

    /// Those that are set in the environment, if any are.
    fn set() -> Result<Option<Self>> {
        if let Some(token) = variable("CUSTOMERS_TOKEN")? {
            ensure!(
                is_token(&token),
                "CUSTOMERS_TOKEN has a character that no token has, such as a line break"
            );
            return Ok(Some(Self::Token(token)));
        }
        let [endpoint, client_id, client_secret] = CLIENT.map(variable);
        match [endpoint?, client_id?, client_secret?] {
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

    /// The token. A client gets a new one from its issuer.
    ///
    /// # Errors
    /// A sentence that says why the issuer gave none.
    pub async fn token(&self) -> Result<String> {
        match self {
            Self::Token(token) => Ok(token.clone()),
            Self::Client(grant) => {
                let issued = grant.token().await;
                issued.map_err(|fault| anyhow!("no token from the token endpoint: {fault}"))
            }
        }
    }
}

impl Grant {
    /// Asks the issuer for a token with the scope `customers/write`.
    ///
    /// # Errors
    /// Why it gave none.
    pub async fn token(&self) -> Result<String, String> {
        let client = client(self.endpoint.as_str()).map_err(|error| format!("{error:#}"))?;
        let form = [("grant_type", "client_credentials"), ("scope", "customers/write")];
        let request = client.post(self.endpoint.clone());
        let request = request.basic_auth(
            form_encoded(&self.client_id),
            Some(form_encoded(&self.client_secret)),
        );
        let answer = send(request.form(&form)).await?;
        if answer.status != 200 {
            return Err(format!("answered {}, not 200", answer.summary()));
        }
        let token = answer.body["access_token"].as_str();
        let token = token.filter(|token| is_token(token));
        Ok(token
            .ok_or("answered 200, but without an access_token")?
            .to_owned())
    }
}

/// A client's id or secret as it stands in HTTP Basic (RFC 6749, 2.3.1): a colon in an id would end it.
fn form_encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// Whether a text can be sent as a token.
fn is_token(text: &str) -> bool {
    !text.is_empty() && HeaderValue::from_str(text).is_ok()
}
