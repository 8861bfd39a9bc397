//! Passing a message on to a receiver in development.

use std::time::{Duration, Instant};

use anyhow::Result;
use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT, VIA};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use registry_client::{client, reason};
use reqwest::{Client, Url};
use uuid::Uuid;

/// As long as the registry waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What of a message is passed on besides its method and its body.
const FIELDS: [HeaderName; 5] = [
    CONTENT_TYPE,
    USER_AGENT,
    HeaderName::from_static("webhook-id"),
    HeaderName::from_static("webhook-timestamp"),
    HeaderName::from_static("webhook-signature"),
];

/// The receiver that messages are passed on to.
pub(crate) struct Forward {
    client: Client,
    url: Url,
    /// This process in `Via` (RFC 9110, section 7.6.3), by which a message that comes back is known.
    mark: String,
}

/// What the receiver answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<HeaderValue>,
    pub(crate) millis: u128,
}

impl Forward {
    pub(crate) fn new(url: Url) -> Result<Self> {
        Ok(Self {
            client: client(url.as_str())?,
            url,
            mark: format!("1.1 listen-{}", Uuid::now_v7()),
        })
    }

    /// Whether a message was passed on by this process before.
    pub(crate) fn has_sent(&self, headers: &HeaderMap) -> bool {
        let mut passed = headers.get_all(VIA).iter().filter_map(|via| via.to_str().ok());
        passed.any(|via| via.contains(&self.mark))
    }

    /// Where it leads, without what may be secret in the URL.
    pub(crate) fn host(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Passes a message on. The error says why there is no answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Answer, String> {
        let fields = FIELDS.into_iter().filter_map(|name| {
            let value = headers.get(&name)?.clone();
            Some((name, value))
        });
        let passed = headers.get_all(VIA).iter().map(|via| (VIA, via.clone()));
        let started = Instant::now();
        let request = self.client.request(method, self.url.clone()).timeout(TIMEOUT);
        let request = request
            .headers(fields.chain(passed).collect())
            .header(VIA, &self.mark)
            .body(body);
        let answer = request.send().await.map_err(|error| reason(&error))?;
        Ok(Answer {
            status: answer.status(),
            retry_after: answer.headers().get(RETRY_AFTER).cloned(),
            millis: started.elapsed().as_millis(),
        })
    }
}
