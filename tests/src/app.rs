//! The API with an empty database of its own, and a way to both.

use std::net::SocketAddr;
use std::ops::Deref;

use local::functions::Services;
use local::gateway::{Gateway, router};
use local::output::Output;
use local::server::{Options, Server, Webhooks, store};
use local::template::{CUSTOMERS_TABLE, DEFAULT_PATH, EVENTS_TABLE};
use tokio::net::TcpListener;

use crate::api::Api;
use crate::call::Call;
use crate::contract;
use crate::proxy::Proxy;
use crate::tokens::OPERATOR;

/// An API whose database a test can reach: everything that [`Api`] has, and what is behind it. Everything ends with
/// the value.
pub struct TestApp {
    /// Where the API listens.
    pub address: SocketAddr,
    /// The system behind it.
    pub server: Server,
    api: Api,
}

/// Options for a system that picks its own addresses, forgets its data, and sends no webhooks: the customers of many
/// tests have public addresses.
pub fn in_memory() -> Options {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Options {
        listen: any.into(),
        dynamodb: any.into(),
        queue: any.into(),
        data: None,
        template: DEFAULT_PATH.into(),
        cors: Vec::new(),
        webhooks: Webhooks::Nowhere,
        failures: Output::standard_error(),
        access_log: None,
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
            api: Api::local(&format!("http://{}", server.address)),
            server,
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
        let store = store(proxy.address, CUSTOMERS_TABLE).expect("a store");
        let gateway = Gateway::new(
            &app.server.template,
            Services {
                history: store.history(EVENTS_TABLE),
                store,
                deliveries: app.server.deliveries_client(),
            },
            Output::standard_error(),
            None,
        )
        .expect("a gateway");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        app.address = listener.local_addr().expect("an address");
        app.api = Api::local(&format!("http://{}", app.address));
        tokio::spawn(async move { axum::serve(listener, router(gateway)).await });
        (app, proxy)
    }

    /// A request by an operator that reaches the database past the proxy, if there is one.
    pub fn call_past_proxy(&self, method: &str, path: &str) -> Call {
        let url = format!("http://{}", self.server.address);
        Call::new(
            self.client(),
            contract::Gateway::Local,
            &url,
            OPERATOR,
            method,
            path,
        )
    }
}

impl Deref for TestApp {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}
