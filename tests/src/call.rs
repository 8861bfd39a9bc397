//! A call of the API.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::answer::Answer;
use crate::contract::{Contract, Gateway};

/// A request under construction.
pub struct Call {
    method: Method,
    path: String,
    request: RequestBuilder,
    client: Client,
    body: Option<Vec<u8>>,
    gateway: Gateway,
}

impl Call {
    /// A request to the API at `url`; the empty token sends none.
    pub(crate) fn new(
        client: &Client,
        gateway: Gateway,
        url: &str,
        token: &str,
        method: &str,
        path: &str,
    ) -> Self {
        let method: Method = method.parse().expect("a method");
        let mut request = client.request(method.clone(), format!("{url}{path}"));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        Self {
            method,
            path: path.to_owned(),
            request,
            client: client.clone(),
            body: None,
            gateway,
        }
    }

    /// With a header field.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }

    /// With a body and no content type.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends the request, and checks it and its answer against the contract.
    pub async fn send(self) -> Answer {
        let mut request = self.request;
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        let request = request.build().expect("a request");
        let answer = self.client.execute(request).await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.expect("a body");
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).expect("JSON")
        };
        let answer = Answer {
            status,
            headers,
            body,
        };
        let method = self.method.as_str();
        Contract::get().check(self.gateway, method, &self.path, self.body.as_deref(), &answer);
        answer
    }
}

/// Sends all of them at once.
pub async fn all_at_once(calls: impl IntoIterator<Item = Call>) -> Vec<Answer> {
    calls
        .into_iter()
        .map(Call::send)
        .collect::<JoinSet<_>>()
        .join_all()
        .await
}
