//! The whole system, started and stopped as one.

mod address;
mod events;
mod host;
mod part;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use aws_sdk_dynamodb::config::Credentials;
use axum::middleware::from_fn;
use axum::serve::ListenerExt;
use dynoxide::Database;
use event::Deliveries;
use start::Settings;
use store::CustomerStore;
use tokio::net::TcpListener;
use tokio::time::timeout;

pub use self::address::Address;

use self::events::Events;
use self::host::guarded;
use self::part::Part;
use crate::database::{Engine, endpoint};
use crate::functions::Services;
use crate::gateway::{Gateway, Origin, router};
use crate::output::Output;
use crate::queue::Queue;
use crate::reference;
use crate::template::{CUSTOMERS_TABLE, EVENTS_TABLE, Template};

/// How often expired items are removed.
const SWEEP: Duration = Duration::from_secs(60);

/// How long calls in progress may take when the system stops.
const GRACE: Duration = Duration::from_secs(5);

/// The template's parameter for the origins whose web pages may call the API, separated by commas.
const ORIGINS: &str = "CorsOrigins";

/// The region and the credentials of clients on this machine. Nobody checks them.
const REGION: &str = "local";

fn credentials() -> Credentials {
    Credentials::new("local", "local", None, None, "local")
}

/// What to serve, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the API listens.
    pub listen: Address,
    /// Where the database listens.
    pub dynamodb: Address,
    /// Where the queue of deliveries listens.
    pub queue: Address,
    /// The database's file; `None` keeps the data in memory.
    pub data: Option<PathBuf>,
    /// The template.
    pub template: PathBuf,
    /// The origins whose web pages may call the API. If empty, the template's default applies.
    pub cors: Vec<Origin>,
    /// Where webhooks may go.
    pub webhooks: Webhooks,
    /// Where each failed call leaves a line.
    pub failures: Output,
    /// Where each request leaves a line.
    pub access_log: Option<Output>,
}

/// Where the system sends webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Webhooks {
    /// Nowhere: they wait in the queue.
    Nowhere,
    /// To public addresses, as in the cloud.
    Public,
    /// To this machine as well.
    PublicAndLoopback,
}

/// A running system.
pub struct Server {
    /// Where the API listens.
    pub address: SocketAddr,
    /// Where the database listens.
    pub dynamodb: SocketAddr,
    /// The database, for loading data directly, without the network.
    pub database: Database,
    /// The template that it was started from.
    pub template: Template,
    /// Where the queue of deliveries listens.
    pub queue: SocketAddr,
    events: Events,
    api_part: Part,
    database_part: Part,
    sweep_part: Part,
}

impl Server {
    /// Starts everything. When this returns, the system is ready for requests.
    ///
    /// # Errors
    /// A sentence that says what cannot be used: the template, an address or the database.
    pub async fn start(options: Options) -> Result<Self> {
        let template = with_origins(Template::read(&options.template)?, &options.cors)?;
        let api = listen(&options.listen, "--listen").await?;
        let dynamodb = listen(&options.dynamodb, "--dynamodb").await?;
        let queue = listen(&options.queue, "--queue").await?;
        let engine = Engine::open(options.data.as_deref(), &template)?;
        let dynamodb_address = dynamodb.local_addr()?;
        engine.served_at(dynamodb_address)?;
        let store = store(dynamodb_address, CUSTOMERS_TABLE)?;
        let history = store.history(EVENTS_TABLE);
        let queue_address = queue.local_addr()?;
        let kept = template.number("HistoryDays")?;
        let events = Events::start(
            &engine,
            store.clone(),
            history.clone(),
            kept,
            queue,
            options.webhooks,
        )?;
        let services = Services {
            store,
            history,
            deliveries: events.deliveries.clone(),
        };
        let router = router(Gateway::new(
            &template,
            services,
            options.failures,
            options.access_log,
        )?)
        .merge(reference::router())
        .layer(from_fn(reference::welcome));
        let address = api.local_addr()?;
        let router = guarded(router, address);

        let database = engine.database.clone();
        let served = database.clone();
        let database_part = Part::start("the database", |stopped| async move {
            dynoxide::server::serve_with_shutdown(dynamodb, served, stopped)
                .await
                .map_err(|error| anyhow!(error))
        });
        let api = api.tap_io(|stream| {
            // An answer is one small write, which Nagle's algorithm would only delay.
            let _ = stream.set_nodelay(true);
        });
        let api_part = Part::start("the API", |stopped| async move {
            Ok(axum::serve(api, router).with_graceful_shutdown(stopped).await?)
        });
        let sweep_part = Part::start("the removal of expired items", |stopped| sweep(engine, stopped));

        Ok(Self {
            address,
            dynamodb: dynamodb_address,
            database,
            template,
            queue: queue_address,
            events,
            api_part,
            database_part,
            sweep_part,
        })
    }

    /// The queue of deliveries.
    pub fn deliveries(&self) -> &Queue {
        &self.events.queue
    }

    /// A client of that queue, for a function.
    pub fn deliveries_client(&self) -> Deliveries {
        self.events.deliveries.clone()
    }

    /// Graceful shutdown: stops accepting calls, answers the calls in progress, then closes the database.
    ///
    /// # Errors
    /// If calls had to be cut off, or if a part of the system failed while it stopped.
    pub async fn stop(mut self) -> Result<()> {
        let before = [&mut self.api_part];
        let parts = before.into_iter().chain(self.events.parts());
        for part in parts.chain([&mut self.database_part]) {
            timeout(GRACE, part.stop()).await.with_context(|| {
                format!(
                    "calls in progress were cut off: they had not ended after {} seconds",
                    GRACE.as_secs()
                )
            })??;
        }
        self.sweep_part.stop().await
    }

    /// Returns when a part of the system has ended unexpectedly, with its name and the cause.
    pub async fn failed(&mut self) -> anyhow::Error {
        tokio::select! {
            error = self.api_part.failed() => error,
            error = self.database_part.failed() => error,
            error = self.sweep_part.failed() => error,
            error = self.events.failed() => error,
        }
    }
}

/// The template with these origins as its parameter.
fn with_origins(template: Template, origins: &[Origin]) -> Result<Template> {
    if origins.is_empty() {
        return Ok(template);
    }
    let origins: Vec<_> = origins.iter().map(Origin::as_str).collect();
    template
        .with_parameter(ORIGINS, &origins.join(","))
        .context("--cors cannot be used")
}

/// Listens on the address that was given with `option`.
///
/// # Errors
/// A sentence that names the option.
pub async fn listen(address: &Address, option: &str) -> Result<TcpListener> {
    address
        .listen()
        .await
        .with_context(|| format!("cannot listen on {address}; choose another address with {option}"))
}

/// Removes expired items regularly, as DynamoDB does. It owns the engine, and so keeps the database locked until the
/// end.
async fn sweep(engine: Engine, stopped: impl Future<Output = ()>) -> Result<()> {
    let mut interval = tokio::time::interval(SWEEP);
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => return Ok(()),
            _ = interval.tick() => {
                if let Err(error) = engine.database.sweep_ttl() {
                    tracing::warn!(%error, "expired items could not be removed");
                }
            }
        }
    }
}

/// A store for the table at `address`, connected as in the functions.
///
/// # Errors
/// None in practice: a plain HTTP endpoint needs no certificates.
pub fn store(address: SocketAddr, table: &str) -> Result<CustomerStore> {
    store_at(endpoint(address), table)
}

/// A store for the table of a local database at the URL `endpoint`.
///
/// # Errors
/// If the endpoint needs certificates and they cannot be read.
pub fn store_at(endpoint: String, table: &str) -> Result<CustomerStore> {
    let settings = Settings {
        table: table.to_owned(),
        region: REGION.to_owned(),
        credentials: credentials(),
        endpoint: Some(endpoint),
        ca_bundle: None,
    };
    Ok(settings.store()?)
}
