//! The whole system, started and stopped as one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use aws_sdk_dynamodb::config::Credentials;
use axum::serve::ListenerExt;
use dynoxide::Database;
use shared::start::Settings;
use shared::store::CustomerStore;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::database::{Engine, endpoint};
use crate::gateway::{Gateway, router};
use crate::reference;
use crate::template::Template;

/// How often items past their time to live are removed.
const SWEEP: Duration = Duration::from_secs(60);

/// How long requests under way may take to end when the system stops.
const GRACE: Duration = Duration::from_secs(2);

/// What to serve, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the API listens; port 0 picks one.
    pub listen: SocketAddr,
    /// Where the database listens; port 0 picks one.
    pub dynamodb: SocketAddr,
    /// The database's file; `None` keeps the data in memory.
    pub data: Option<PathBuf>,
    /// The template.
    pub template: PathBuf,
    /// Whether each request leaves a line on standard output.
    pub access_log: bool,
}

/// A running system.
pub struct Server {
    /// Where the API listens.
    pub address: SocketAddr,
    /// Where the database listens.
    pub dynamodb: SocketAddr,
    /// The database, for loading data past the network.
    pub database: Database,
    /// The table's name.
    pub table: String,
    /// What it was made from.
    pub template: Template,
    stop: watch::Sender<bool>,
    tasks: JoinSet<Result<()>>,
}

impl Server {
    /// Starts everything; when it returns, requests are answered.
    ///
    /// # Errors
    /// A sentence that says what cannot be used: the template, an address, the database.
    pub async fn start(options: Options) -> Result<Self> {
        let template = Template::read(&options.template)?;
        let api = listen(options.listen, "--listen").await?;
        let dynamodb = listen(options.dynamodb, "--dynamodb").await?;
        let engine = Engine::open(options.data.as_deref(), &template)?;
        let dynamodb_address = dynamodb.local_addr()?;
        engine.served_at(dynamodb_address)?;
        let table = engine.table.clone();
        let store = store(dynamodb_address, &table)?;
        let router = router(Gateway::new(&template, store, options.access_log)?).merge(reference::router());
        let address = api.local_addr()?;

        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let database = engine.database.clone();
        let served = database.clone();
        tasks.spawn(async move {
            dynoxide::server::serve_with_shutdown(dynamodb, served, until(stopped))
                .await
                .map_err(|error| anyhow!(error))
        });
        let api = api.tap_io(|stream| {
            // An answer is one small write: waiting for more only delays it.
            let _ = stream.set_nodelay(true);
        });
        let stopped = stop.subscribe();
        tasks.spawn(async move {
            Ok(axum::serve(api, router)
                .with_graceful_shutdown(until(stopped))
                .await?)
        });
        tasks.spawn(sweep(engine, until(stop.subscribe())));

        Ok(Self {
            address,
            dynamodb: dynamodb_address,
            database,
            table,
            template,
            stop,
            tasks,
        })
    }

    /// Stops everything: requests under way end, then the database closes.
    ///
    /// # Errors
    /// What a part of the system failed for while it ran.
    pub async fn stop(mut self) -> Result<()> {
        // Nobody listens any more only if every part has ended.
        let _ = self.stop.send(true);
        let ended = tokio::time::timeout(GRACE, async {
            while let Some(task) = self.tasks.join_next().await {
                task.context("a part of the system panicked")??;
            }
            Ok(())
        });
        ended.await.unwrap_or(Ok(()))
    }

    /// Returns when a part of the system has ended by itself, which none should.
    pub async fn ended(&mut self) {
        self.tasks.join_next().await;
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the server itself is gone.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn listen(address: SocketAddr, option: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; choose another address with {option}"))
}

/// Removes expired items now and then, as DynamoDB does, and keeps the database's lock until the end.
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

/// The store in the table at `address`, reached as the functions reach theirs.
///
/// # Errors
/// None in practice: a plain HTTP endpoint needs no certificates.
pub fn store(address: SocketAddr, table: &str) -> Result<CustomerStore> {
    store_at(endpoint(address), table)
}

/// The store in the table of a local database at the URL `endpoint`.
///
/// # Errors
/// If the endpoint needs certificates and they cannot be read.
pub fn store_at(endpoint: String, table: &str) -> Result<CustomerStore> {
    let settings = Settings {
        table: table.to_owned(),
        region: "local".to_owned(),
        credentials: Credentials::new("local", "local", None, None, "local"),
        endpoint: Some(endpoint),
        ca_bundle: None,
    };
    Ok(settings.store()?)
}
