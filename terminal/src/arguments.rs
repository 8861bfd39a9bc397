//! The arguments that the commands share, and the credentials in the environment.

use anyhow::Result;
use clap::{Args, value_parser};
use registry_client::{Credentials, address};
use reqwest::Url;
use uuid::Uuid;

use crate::registry::Registry;

pub(crate) const ENVIRONMENT: &str = "\
The registry and the credentials come from the environment:
  CUSTOMERS_URL              the API's address, where --url is not given

  CUSTOMERS_TOKEN            a token, or a client that gets one with the client-credentials grant:
  CUSTOMERS_TOKEN_ENDPOINT   the stack's output TokenEndpoint, or your issuer's
  CUSTOMERS_CLIENT_ID        the stack's output ClientId
  CUSTOMERS_CLIENT_SECRET

For a registry on this machine, the token is `operator` if none of these is set.

On a terminal of at least 80 columns, a table is cut to the terminal's width; in a pipe or a file nothing is cut.
Control characters in a customer's values are shown as escapes.

Exit status: 0 if everything was shown, 1 if not, 2 if the arguments or the environment are wrong.";

/// Which registry.
#[derive(Debug, Args)]
pub(crate) struct Connection {
    /// The API's address, such as the stack's output ApiUrl; by default CUSTOMERS_URL, or else http://127.0.0.1:3000
    #[arg(long, value_name = "URL", value_parser = address)]
    url: Option<Url>,
}

/// A registry's address, and credentials for it.
pub struct Access {
    url: Url,
    credentials: Credentials,
}

impl Connection {
    /// # Errors
    /// A sentence that says which variable of the environment is missing or wrong.
    pub(crate) fn access(&self) -> Result<Access> {
        let url = registry_client::registry(self.url.as_ref())?;
        let credentials = Credentials::for_registry(&url)?;
        Ok(Access { url, credentials })
    }
}

impl Access {
    /// # Errors
    /// If the client's issuer gives no token.
    pub(crate) async fn registry(self) -> Result<Registry> {
        let token = self.credentials.token().await?;
        Registry::new(&self.url, token)
    }
}

/// Which customer.
#[derive(Debug, Args)]
pub(crate) struct Who {
    /// The customer's id or username: a UUID is an id
    #[arg(value_name = "ID-OR-USERNAME")]
    name: String,

    /// It is a username, even if it is a UUID
    #[arg(long)]
    username: bool,
}

impl Who {
    /// The customer's id; a username's is asked for.
    ///
    /// # Errors
    /// If the registry does not answer, or nobody has the username.
    pub(crate) async fn id(&self, registry: &Registry) -> Result<String> {
        match self.given_id() {
            Some(id) => Ok(id.to_string()),
            None => registry.id_of(&self.name).await,
        }
    }

    /// Only hyphenated, as in the API's paths: a username can be 32 hexadecimal digits.
    fn given_id(&self) -> Option<Uuid> {
        let is_hyphenated = self.name.len() == 36 && !self.username;
        is_hyphenated.then(|| Uuid::try_parse(&self.name).ok())?
    }
}

/// Which pages of a list.
#[derive(Debug, Args)]
pub(crate) struct Paging {
    /// Show all pages, each as it arrives
    #[arg(long)]
    pub(crate) all: bool,

    /// How many to ask for at once, from 1 to 100; by default 10, or 100 with --all
    #[arg(long, value_name = "N", value_parser = value_parser!(u8).range(1..=100))]
    page_size: Option<u8>,
}

impl Paging {
    pub(crate) fn page_size(&self) -> u8 {
        self.page_size.unwrap_or(if self.all { 100 } else { 10 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hyphenated_uuid_is_an_id() {
        let id = |name: &str, username| {
            let name = name.to_owned();
            Who { name, username }.given_id()
        };
        let uuid = "01A207E8-bf98-70b1-911c-af10f9ed52fe";
        assert_eq!(id(uuid, false).unwrap().to_string(), uuid.to_lowercase());
        assert_eq!(id(uuid, true), None);
        for username in [
            "anna",
            "01a207e8bf9870b1911caf10f9ed52fe",
            &uuid.replace('-', "_"),
            "",
        ] {
            assert_eq!(id(username, false), None, "{username}");
        }
    }
}
