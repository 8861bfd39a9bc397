//! The API, served for one test.

use std::net::SocketAddr;

use local::gateway::{Gateway, router};
use local::server::{Options, Server, store};
use local::template::DEFAULT_PATH;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::contract::Contract;
use crate::proxy::Proxy;

/// The plain token of a caller who may do everything.
pub const OPERATOR: &str = "operator";

/// The plain token of a caller who may see everything.
pub const READER: &str = "reader";

/// The plain token of a customer.
pub fn customer_token(customer: &Value) -> String {
    format!("customer:{}", id(customer))
}

/// A customer's id.
pub fn id(customer: &Value) -> &str {
    customer["id"].as_str().expect("a customer has an id")
}

/// The served API with an empty database in memory. Everything ends with the value.
pub struct TestApp {
    /// Where the API listens.
    pub address: SocketAddr,
    /// The system behind it.
    pub server: Server,
    client: Client,
}

/// An answer, already held to the contract.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body; `null` if there is none.
    pub body: Value,
}

/// A request under construction.
pub struct Call {
    method: Method,
    path: String,
    request: RequestBuilder,
    client: Client,
    body: Option<Vec<u8>>,
}

/// Options for a system that picks its own addresses and forgets its data.
pub fn in_memory() -> Options {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Options {
        listen: any.into(),
        dynamodb: any.into(),
        data: None,
        template: DEFAULT_PATH.into(),
        cors: Vec::new(),
        access_log: false,
    }
}

impl TestApp {
    /// Starts a system of its own.
    pub async fn start() -> Self {
        Self::start_with(in_memory()).await
    }

    /// Starts a system with these options.
    pub async fn start_with(options: Options) -> Self {
        let server = Server::start(options).await.expect("the system starts");
        Self {
            address: server.address,
            server,
            client: crate::client(),
        }
    }

    /// Starts a system whose functions reach their database through a proxy.
    pub async fn start_behind_proxy() -> (Self, Proxy) {
        Self::start_behind_proxy_with(in_memory()).await
    }

    /// Starts a system with these options whose functions reach their database through a proxy.
    pub async fn start_behind_proxy_with(options: Options) -> (Self, Proxy) {
        let mut app = Self::start_with(options).await;
        let proxy = Proxy::start(app.server.dynamodb).await;
        let store = store(proxy.address, &app.server.table).expect("a store");
        let gateway = Gateway::new(&app.server.template, store, false).expect("a gateway");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        app.address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router(gateway)).await });
        (app, proxy)
    }

    /// A request by an operator.
    pub fn call(&self, method: &str, path: &str) -> Call {
        self.call_as(OPERATOR, method, path)
    }

    /// A request by the caller with this plain token; the empty token is nobody.
    pub fn call_as(&self, token: &str, method: &str, path: &str) -> Call {
        self.call_at(self.address, token, method, path)
    }

    fn call_at(&self, address: SocketAddr, token: &str, method: &str, path: &str) -> Call {
        let method: Method = method.parse().expect("a method");
        let mut request = self
            .client
            .request(method.clone(), format!("http://{address}{path}"));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        Call {
            method,
            path: path.to_owned(),
            request,
            client: self.client.clone(),
            body: None,
        }
    }

    /// A request by an operator that reaches the database past the proxy, if there is one.
    pub fn call_past_proxy(&self, method: &str, path: &str) -> Call {
        self.call_at(self.server.address, OPERATOR, method, path)
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

    /// Creates a customer with this username and nothing else.
    pub async fn create(&self, username: &str) -> Value {
        let answer = self.post(json!({"username": username})).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body
    }

    /// An operation of the database itself, past the API.
    pub async fn dynamodb(&self, operation: &str, mut body: Value) -> Value {
        body["TableName"] = json!(self.server.table);
        let answer = self
            .client
            .post(format!("http://{}", self.server.dynamodb))
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-date", "20260101T000000Z")
            .header("authorization", SIGNATURE)
            .body(body.to_string())
            .send()
            .await
            .expect("the database answers");
        assert!(
            answer.status().is_success(),
            "{operation}: {:?}",
            answer.text().await
        );
        serde_json::from_str(&answer.text().await.expect("an answer")).expect("JSON")
    }

    /// Every item of the table, as the database holds it.
    pub async fn items(&self) -> Vec<Value> {
        let (mut items, mut scan) = (Vec::new(), json!({}));
        loop {
            let page = self.dynamodb("Scan", scan.clone()).await;
            items.extend(page["Items"].as_array().expect("items").iter().cloned());
            if page["LastEvaluatedKey"].is_null() {
                return items;
            }
            scan["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
        }
    }

    /// Puts a customer into the table as an import would: with this id and moment of creation.
    pub async fn seed(&self, id: &str, username: &str, tm_create: &str) {
        for item in stored(id, username, tm_create) {
            self.dynamodb("PutItem", json!({"Item": item})).await;
        }
    }

    /// Puts this many customers into the table, past the network.
    pub fn load(&self, count: usize) {
        let customers = (0..count).flat_map(|n| {
            let id = format!("5e4a0680-804e-11ec-8477-2fea{n:08x}");
            stored(&id, &format!("loaded-{n:08}"), "2022-02-01 00:00:00.000000")
        });
        let items = customers
            .map(|item| serde_json::from_value(item).expect("an item"))
            .collect();
        let options = dynoxide::ImportOptions::default();
        self.server
            .database
            .import_items(&self.server.table, items, options)
            .expect("the items load");
    }
}

/// A customer and its guard as the database holds them.
fn stored(id: &str, username: &str, tm_create: &str) -> [Value; 2] {
    let text = |value: &str| json!({"S": value});
    let mut customer = json!({
        "pk": text(&format!("customer#{id}")),
        "id": text(id),
        "username": text(username),
        "tm_create": text(tm_create),
        "tm_update": text(tm_create),
        "tm_delete": text("9999-01-01 00:00:00.000000"),
        "webhook_method": text("POST"),
        "permission_ids": {"L": []},
        "version": {"N": "1"},
        "listing": text("live"),
        "listed_at": text(&format!("{tm_create}#{id}")),
        "writes": {"L": [{"B": ""}, {"B": ""}, {"B": ""}, {"B": ""}]},
    });
    for empty in ["name", "detail", "webhook_uri", "line_secret", "line_token"] {
        customer[empty] = text("");
    }
    let guard =
        json!({"pk": text(&format!("username#{}", username.to_lowercase())), "customer_id": text(id)});
    [customer, guard]
}

/// The database checks no signature, but wants to see one.
const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, \
                         SignedHeaders=host, Signature=0";

/// Sends all of them at once.
pub async fn all_at_once(calls: impl IntoIterator<Item = Call>) -> Vec<Answer> {
    calls
        .into_iter()
        .map(Call::send)
        .collect::<JoinSet<_>>()
        .join_all()
        .await
}

/// A customer's path.
pub fn path_of(customer: &Value) -> String {
    format!("/customers/{}", id(customer))
}

impl Call {
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

    /// Sends the request and holds it and its answer to the contract.
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
        Contract::get().check(self.method.as_str(), &self.path, self.body.as_deref(), &answer);
        answer
    }
}

impl Answer {
    /// A header field, `""` if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }

    /// The code of a problem.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The faults of an invalid request, as `pointer code`.
    pub fn faults(&self) -> Vec<String> {
        let errors = self.body["errors"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        errors
            .iter()
            .map(|error| format!("{} {}", text(&error["pointer"]), text(&error["code"])))
            .collect()
    }

    /// The customers or permissions of a page.
    pub fn result(&self) -> &[Value] {
        self.body["result"].as_array().expect("a page")
    }
}
