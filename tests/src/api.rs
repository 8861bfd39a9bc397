//! The API from outside: its address, its callers, and the calls that tests make most.

use std::time::{Duration, Instant};

use local::server::Server;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::contract::Gateway;
use crate::tokens::{self, OPERATOR};

/// How long an index of DynamoDB may be behind its table.
const INDEX_LAG: Duration = Duration::from_secs(1);

/// How long a test waits for events.
const EVENT_LAG: Duration = Duration::from_secs(40);

/// The API, wherever it is served. Other tests, and other people, may use the same table.
pub struct Api {
    url: String,
    gateway: Gateway,
    client: Client,
    run: String,
    /// Stops when this value is dropped.
    _server: Option<Server>,
}

impl Api {
    /// The API at `CUSTOMERS_URL`, or one of its own on this machine with an empty table.
    pub async fn start() -> Self {
        match std::env::var("CUSTOMERS_URL") {
            Ok(url) => Self::new(url.trim_end_matches('/'), Gateway::Aws, None),
            Err(_) => {
                let server = Server::start(crate::app::in_memory())
                    .await
                    .expect("the system starts");
                Self::new(
                    &format!("http://{}", server.address),
                    Gateway::Local,
                    Some(server),
                )
            }
        }
    }

    /// The API that a server on this machine serves at `url`.
    pub(crate) fn local(url: &str) -> Self {
        Self::new(url, Gateway::Local, None)
    }

    fn new(url: &str, gateway: Gateway, server: Option<Server>) -> Self {
        Self {
            url: url.to_owned(),
            gateway,
            client: registry_client::client(url).expect("a client"),
            run: uuid::Uuid::new_v4().simple().to_string(),
            _server: server,
        }
    }

    /// Where the API is, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The client that its calls go through.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// A username, or an idempotency key, that nobody else uses.
    pub fn unique(&self, name: &str) -> String {
        format!("{name}-{}", self.run)
    }

    /// Whether there is a token for the caller that this plain token names. Where there is none, the test says so
    /// and goes on without.
    pub fn lets_in(&self, plain: &str) -> bool {
        let there_is = self.token(plain).is_some();
        if !there_is {
            let caller = plain.split(':').next().unwrap_or_default();
            eprintln!("left out: the issuer gives no token to a {caller}");
        }
        there_is
    }

    /// The real token for a plain one.
    pub fn token(&self, plain: &str) -> Option<String> {
        match self.gateway {
            Gateway::Local => Some(plain.to_owned()),
            Gateway::Aws if plain.is_empty() => Some(String::new()),
            Gateway::Aws => tokens::issued(plain),
        }
    }

    /// A request by an operator.
    pub fn call(&self, method: &str, path: &str) -> Call {
        self.call_as(OPERATOR, method, path)
    }

    /// A request by the caller that this plain token names; an empty token sends no Authorization header.
    ///
    /// # Panics
    /// If the issuer gives no such token.
    pub fn call_as(&self, plain: &str, method: &str, path: &str) -> Call {
        let token = self
            .token(plain)
            .unwrap_or_else(|| panic!("no token for {plain}"));
        self.call_with(&token, method, path)
    }

    /// A request with just this token.
    pub fn call_with(&self, token: &str, method: &str, path: &str) -> Call {
        Call::new(&self.client, self.gateway, &self.url, token, method, path)
    }

    /// A request without a token that the contract does not describe, such as a browser's `OPTIONS`.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().expect("a method");
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Waits for the lists to show what was written: on AWS an index follows its table, within a second as a rule.
    pub async fn wait_for_index(&self) {
        if self.gateway == Gateway::Aws {
            tokio::time::sleep(INDEX_LAG).await;
        }
    }

    /// `GET` by an operator.
    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send().await
    }

    /// `POST /customers` by an operator.
    pub async fn post(&self, body: Value) -> Answer {
        self.call("POST", "/customers").json(body).send().await
    }

    /// `PATCH` of a customer by an operator.
    pub async fn patch(&self, customer: &Value, body: Value) -> Answer {
        self.call("PATCH", &path_of(customer)).json(body).send().await
    }

    /// `DELETE` of a customer by an operator.
    pub async fn delete(&self, customer: &Value) -> Answer {
        self.call("DELETE", &path_of(customer)).send().await
    }

    /// Restores a customer as an operator.
    pub async fn restore(&self, customer: &Value) -> Answer {
        let path = format!("{}/restore", path_of(customer));
        self.call("POST", &path).send().await
    }

    /// Erases a deleted customer of this version as an operator.
    pub async fn erase(&self, customer: &Value, version: u64) -> Answer {
        let path = format!("{}/erase", path_of(customer));
        let call = self.call("POST", &path);
        call.header("if-match", &format!("\"{version}\"")).send().await
    }

    /// A customer's events, newest first, once there are at least this many: they follow the writes within a second as a
    /// rule, and after a cold start within several.
    ///
    /// # Panics
    /// If they do not come.
    pub async fn events(&self, customer: &Value, at_least: usize) -> Vec<Value> {
        let path = format!("{}/events?page_size=100", path_of(customer));
        let end = Instant::now() + EVENT_LAG;
        loop {
            let answer = self.get(&path).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let events = answer.result();
            if events.len() >= at_least {
                return events.to_vec();
            }
            assert!(Instant::now() < end, "{} of {at_least}: {events:?}", events.len());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Creates a customer with this username and nothing else.
    pub async fn create(&self, username: &str) -> Value {
        let answer = self.post(json!({"username": username})).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body
    }

    /// Creates a customer with a username that begins so and that nobody else uses.
    pub async fn create_unique(&self, name: &str) -> Value {
        self.create(&self.unique(name)).await
    }
}

/// A customer's id.
pub fn id(customer: &Value) -> &str {
    customer["id"].as_str().expect("a customer has an id")
}

/// A customer's path.
pub fn path_of(customer: &Value) -> String {
    format!("/customers/{}", id(customer))
}
