//! The client-credentials grant (RFC 6749, 4.4).

#![expect(
    clippy::indexing_slicing,
    reason = "a member that a JSON object lacks reads as null"
)]

use anyhow::{Result, anyhow};
use reqwest::{RequestBuilder, Url};

use crate::arguments::Credentials;
use crate::client::client;
use crate::report::{Answer, Failed, exchange, step};

/// The credentials of a client at a token issuer.
pub struct Grant {
    pub(crate) endpoint: Url,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

impl Credentials {
    /// The token, which a client gets from its issuer.
    ///
    /// # Errors
    /// A sentence that says why the issuer gave none.
    pub async fn token(self) -> Result<String> {
        match self {
            Self::Token(token) => Ok(token),
            Self::Client(grant) => {
                let issued = exchange(grant.request()?, 200, issued).await;
                issued.map_err(|fault| anyhow!("no token from the token endpoint: {fault}"))
            }
        }
    }
}

impl Grant {
    /// Requests a token, as a step of the smoke test.
    pub(crate) async fn token(self) -> Result<Result<String, Failed>> {
        let issued = |answer: &Answer| Ok(("got one".to_owned(), issued(answer)?));
        Ok(step("token", self.request()?, 200, issued).await)
    }

    /// The request for a token with the scope `customers/write`.
    fn request(self) -> Result<RequestBuilder> {
        let form = [("grant_type", "client_credentials"), ("scope", "customers/write")];
        let request = client(self.endpoint.as_str())?.post(self.endpoint);
        Ok(request
            .basic_auth(self.client_id, Some(self.client_secret))
            .form(&form))
    }
}

fn issued(answer: &Answer) -> Result<String, String> {
    let token = answer.body["access_token"].as_str();
    Ok(token.ok_or("the answer has no access_token")?.to_owned())
}
