//! The customers' secrets, and the verification with them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail};
use axum::body::Bytes;
use axum::http::HeaderMap;
use registry_client::{Credentials, client, reason};
use reqwest::{Client, Response, StatusCode, Url};
use serde_json::Value;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_TIMESTAMP, Webhook, WebhookError};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Short, for the registry waits for the answer to its message meanwhile.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What messages are verified with.
pub struct Secrets(Source);

enum Source {
    /// One secret, whosoever's it is.
    Given(Webhook),
    /// The secret of the message's customer.
    Registry(Box<Registry>),
}

struct Registry {
    client: Client,
    url: Url,
    credentials: Credentials,
    /// The token that was used last, once there is one.
    token: Mutex<Option<String>>,
    known: Mutex<HashMap<Uuid, Arc<Webhook>>>,
}

/// Why a message is not taken.
pub(crate) enum Rejection {
    /// It does not verify.
    Unverified(&'static str),
    /// There is nothing to verify it with.
    NoSecret(Error),
}

impl Secrets {
    /// One secret.
    pub(crate) fn given(secret: &str) -> Result<Self> {
        let secret = read(secret).context("a secret is whsec_ and base64 text")?;
        Ok(Self(Source::Given(secret)))
    }

    /// The secrets that a registry tells.
    pub(crate) fn of_registry(url: Url, credentials: Credentials) -> Result<Self> {
        Ok(Self(Source::Registry(Box::new(Registry {
            client: client(url.as_str())?,
            url,
            credentials,
            token: Mutex::default(),
            known: Mutex::default(),
        }))))
    }

    /// The registry's URL without a slash at its end, if there is one to ask.
    pub(crate) fn registry(&self) -> Option<&str> {
        match &self.0 {
            Source::Given(_) => None,
            Source::Registry(registry) => Some(registry.base()),
        }
    }

    /// Fails if the registry cannot be asked.
    pub(crate) async fn check(&self) -> Result<()> {
        let Source::Registry(registry) = &self.0 else {
            return Ok(());
        };
        match registry.get("/permissions").await?.status() {
            StatusCode::OK => Ok(()),
            status => bail!(
                "{} answered {status}: is it a customer registry?",
                registry.base()
            ),
        }
    }

    /// Verifies a message. A secret that was rotated since it was fetched is fetched again.
    pub(crate) async fn verify(&self, headers: &HeaderMap, body: &Bytes) -> Result<(), Rejection> {
        let registry = match &self.0 {
            Source::Given(secret) => return verify(secret, headers, body),
            Source::Registry(registry) => registry,
        };
        let Some(customer) = customer(headers) else {
            return Err(Rejection::Unverified("webhook-id names no customer"));
        };
        let known = registry.known.lock().await.get(&customer).cloned();
        if let Some(known) = known
            && verify(&known, headers, body).is_ok()
        {
            return Ok(());
        }
        let Some(secret) = registry.fetch(customer).await.map_err(Rejection::NoSecret)? else {
            return Err(Rejection::Unverified("the registry has no such customer"));
        };
        let secret = Arc::new(secret);
        registry.known.lock().await.insert(customer, Arc::clone(&secret));
        verify(&secret, headers, body)
    }
}

impl Registry {
    fn base(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// A customer's secret, if there is this customer.
    async fn fetch(&self, customer: Uuid) -> Result<Option<Webhook>> {
        let answer = self.get(&format!("/customers/{customer}/webhook")).await?;
        match answer.status() {
            StatusCode::OK => {}
            // A forged message can name any UUID, also one that no customer can have.
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
            status => bail!("the registry answered {status} when asked for a secret"),
        }
        // The error might quote the answer.
        let answer: Value = answer
            .json()
            .await
            .map_err(|_| anyhow!("the registry's answer is not JSON"))?;
        let secret = answer.get("secret").and_then(Value::as_str).and_then(read);
        secret.map(Some).context(
            "the registry does not show the secret to this token: set CUSTOMERS_TOKEN to an operator's \
             (scope customers/write) or the customer's own",
        )
    }

    /// Asks with the token that was used last. If that has expired, asks again with a new one.
    async fn get(&self, path: &str) -> Result<Response> {
        let known = self.token.lock().await.clone();
        if let Some(token) = known {
            let answer = self.get_with(&token, path).await?;
            if answer.status() != StatusCode::UNAUTHORIZED {
                return self.permitted(answer);
            }
        }
        let token = self.credentials.token().await?;
        let answer = self.get_with(&token, path).await?;
        *self.token.lock().await = Some(token);
        self.permitted(answer)
    }

    async fn get_with(&self, token: &str, path: &str) -> Result<Response> {
        let base = self.base();
        let request = self.client.get(format!("{base}{path}")).bearer_auth(token);
        request.timeout(TIMEOUT).send().await.map_err(|error| {
            anyhow!(
                "the registry at {base} does not answer ({}): start it with `customers serve \
                 --allow-private-webhooks`, or name another with --api",
                reason(&error)
            )
        })
    }

    /// The answer, unless the token is not accepted or may not ask this.
    fn permitted(&self, answer: Response) -> Result<Response> {
        let base = self.base();
        match answer.status() {
            StatusCode::UNAUTHORIZED => bail!(
                "the registry at {base} does not accept the token (401): is CUSTOMERS_TOKEN, or the client in the \
                 environment, for this registry?"
            ),
            StatusCode::FORBIDDEN => bail!(
                "the registry at {base} does not permit this (403): set CUSTOMERS_TOKEN to a token with the scope \
                 customers/write"
            ),
            _ => Ok(answer),
        }
    }
}

/// A secret as it is written: `whsec_` and base64 text.
fn read(secret: &str) -> Option<Webhook> {
    let key = secret.strip_prefix("whsec_").filter(|key| !key.is_empty())?;
    // The error would tell a character of it.
    Webhook::new(key).ok()
}

/// Whose message it is, before it is verified.
fn customer(headers: &HeaderMap) -> Option<Uuid> {
    let (customer, _) = headers.get(HEADER_WEBHOOK_ID)?.to_str().ok()?.split_once('.')?;
    Uuid::try_parse(customer).ok()
}

fn verify(secret: &Webhook, headers: &HeaderMap, body: &Bytes) -> Result<(), Rejection> {
    // The library calculates with the timestamp, and overflows at extreme ones.
    let timestamp = headers.get(HEADER_WEBHOOK_TIMESTAMP);
    if timestamp.is_some_and(|value| {
        value
            .to_str()
            .ok()
            .is_none_or(|text| text.parse::<u32>().is_err())
    }) {
        return Err(Rejection::Unverified(
            "webhook-timestamp is not a time in seconds",
        ));
    }
    secret.verify(body, headers).map_err(|error| {
        Rejection::Unverified(match error {
            WebhookError::MissingHeader("id") => "it has no webhook-id",
            WebhookError::MissingHeader("timestamp") => "it has no webhook-timestamp",
            WebhookError::MissingHeader(_) => "it has no webhook-signature",
            WebhookError::TimestampTooOldError => "webhook-timestamp is more than 5 minutes old",
            WebhookError::FutureTimestampError => "webhook-timestamp is more than 5 minutes ahead",
            WebhookError::InvalidPayload => "its body is not text",
            _ => "the signature does not match",
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let fields = fields.iter().map(|(name, value)| {
            let name = axum::http::HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        fields.collect()
    }

    #[test]
    fn a_secret_is_its_prefix_and_a_key() {
        assert!(read("whsec_bWFkZSB1cA==").is_some());
        for wrong in ["", "whsec_", "bWFkZSB1cA==", "whsec_!", "********"] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_customer_is_a_uuid_before_the_first_dot() {
        let id = "5e4a0680-804e-11ec-8477-2fea00000001";
        let found = customer(&headers(&[("webhook-id", &format!("{id}.test-1.2"))]));
        assert_eq!(found.unwrap().to_string(), id);
        for wrong in [id, "../permissions.1", ".1", ""] {
            assert!(customer(&headers(&[("webhook-id", wrong)])).is_none(), "{wrong}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_message_is_told() {
        let secret = read("whsec_bWFkZSB1cA==").unwrap();
        let extreme = i64::MIN.to_string();
        for (fields, told) in [
            (vec![], "it has no webhook-id"),
            (vec![("webhook-id", "a.1")], "it has no webhook-signature"),
            (
                vec![("webhook-id", "a.1"), ("webhook-signature", "v1,AA==")],
                "it has no webhook-timestamp",
            ),
            (
                vec![("webhook-timestamp", extreme.as_str())],
                "webhook-timestamp is not a time in seconds",
            ),
            (
                vec![
                    ("webhook-id", "a.1"),
                    ("webhook-signature", "v1,AA=="),
                    ("webhook-timestamp", "1700000000"),
                ],
                "webhook-timestamp is more than 5 minutes old",
            ),
        ] {
            match verify(&secret, &headers(&fields), &Bytes::new()) {
                Err(Rejection::Unverified(reason)) => assert_eq!(reason, told),
                _ => panic!("{told}"),
            }
        }
    }
}
