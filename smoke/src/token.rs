//! The client-credentials grant (RFC 6749, 4.4).

#![expect(
    clippy::indexing_slicing,
    reason = "a member that a JSON object lacks reads as null"
)]

use anyhow::Result;
use reqwest::Url;

use crate::client::client;
use crate::report::{Failed, step};

/// The credentials of a client at a token issuer.
pub struct Grant {
    pub(crate) endpoint: Url,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

impl Grant {
    /// Requests a token with the scope `customers/write`.
    pub(crate) async fn token(self) -> Result<Result<String, Failed>> {
        let form = [("grant_type", "client_credentials"), ("scope", "customers/write")];
        let request = client(self.endpoint.as_str())?
            .post(self.endpoint)
            .basic_auth(self.client_id, Some(self.client_secret))
            .form(&form);
        Ok(step("token", request, 200, |answer| {
            let token = answer.body["access_token"].as_str();
            let token = token.ok_or("the answer has no access_token")?;
            Ok(("got one".to_owned(), token.to_owned()))
        })
        .await)
    }
}
