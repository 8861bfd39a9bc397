//! The table of an import or export.

use std::fs::Metadata;
use std::future::pending;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use local::database::{DEFAULT_FILE, Engine, endpoint, files};
use local::server::store_at;
use local::template::{CUSTOMERS_TABLE, DEFAULT_PATH, Template};
use start::Settings;
use store::CustomerStore;
use tokio::net::TcpListener;

use crate::endpoint::Endpoint;
use crate::file::is_same;

/// A table, chosen on the command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct Target {
    /// The database file to use, if no other process uses it
    #[arg(long, value_name = "PATH", default_value = DEFAULT_FILE, conflicts_with_all = ["endpoint", "table"])]
    data: PathBuf,

    /// A running local database, such as http://127.0.0.1:8000 while `cargo run` runs
    #[arg(long, value_name = "URL", conflicts_with = "table")]
    endpoint: Option<Endpoint>,

    /// A table on AWS; region and credentials come from AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
    /// AWS_SESSION_TOKEN
    #[arg(long, value_name = "NAME")]
    table: Option<String>,

    /// The template that defines the local tables
    #[arg(long, value_name = "PATH", default_value = DEFAULT_PATH, hide_default_value = true)]
    template: PathBuf,
}

/// A connection to a table.
pub(crate) struct Connection {
    /// The customers in the table.
    pub(crate) store: CustomerStore,
    // Keeps an embedded database locked.
    _engine: Option<Engine>,
}

impl Target {
    /// Connects to the table, and checks that it answers. A missing database file is created.
    ///
    /// # Errors
    /// A sentence that says what is missing, in use, or cannot be reached.
    pub(crate) async fn connect(&self) -> Result<Connection> {
        self.reach(|| Engine::open(Some(&self.data), &Template::read(&self.template)?))
            .await
    }

    /// Connects to the table only to read it: a database file is used as it is, and instead of a missing one a table in
    /// memory, which is empty.
    ///
    /// # Errors
    /// The same as for [`connect`](Self::connect).
    pub(crate) async fn look(&self) -> Result<Connection> {
        self.reach(|| match self.is_there() {
            true => Engine::open_unchanged(&self.data),
            false => Engine::open(None, &Template::read(&self.template)?),
        })
        .await
    }

    /// Whether there is something at the path of the database file. An empty file is a database that was never made.
    fn is_there(&self) -> bool {
        let data = self.data.metadata();
        data.is_ok_and(|data| !data.is_file() || data.len() > 0)
    }

    async fn reach(&self, open: impl FnOnce() -> Result<Engine>) -> Result<Connection> {
        let connection = if let Some(table) = &self.table {
            let settings = Settings::of_table(table.clone())
                .with_context(|| format!("the table {table} on AWS cannot be reached"))?;
            if let Some(url) = &settings.endpoint {
                let endpoint = url.parse::<Endpoint>();
                let endpoint = endpoint
                    .with_context(|| format!("the endpoint {url} in the environment cannot be used"))?;
                endpoint.check().await?;
            }
            Connection::to(settings.store()?)
        } else if let Some(endpoint) = &self.endpoint {
            endpoint.check().await?;
            Connection::to(store_at(endpoint.to_string(), CUSTOMERS_TABLE)?)
        } else {
            Connection::embedded(open()?).await?
        };
        let reached = connection.store.warm_up().await;
        reached.context("the table cannot be read")?;
        Ok(connection)
    }

    /// Whether this is a file of the local database.
    pub(crate) fn owns(&self, file: &Metadata) -> bool {
        let of_database = files(&self.data);
        of_database
            .iter()
            .any(|path| path.metadata().is_ok_and(|metadata| is_same(&metadata, file)))
    }

    /// Checks that there is a database file, if one is to be used.
    ///
    /// # Errors
    /// A sentence that names it.
    pub(crate) fn must_exist(&self) -> Result<()> {
        let is_file = self.table.is_none() && self.endpoint.is_none();
        ensure!(
            !is_file || self.is_there(),
            "there is no database {}; choose one with --data, --endpoint or --table",
            self.data.display()
        );
        Ok(())
    }
}

impl Connection {
    fn to(store: CustomerStore) -> Self {
        Self { store, _engine: None }
    }

    /// Serves an open database. The store uses it as the functions do: with the SDK, over a socket.
    async fn embedded(engine: Engine) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let store = store_at(endpoint(listener.local_addr()?), CUSTOMERS_TABLE)?;
        let database = engine.database.clone();
        // It runs until the process ends: every write that was answered is on disk.
        tokio::spawn(dynoxide::server::serve_with_shutdown(
            listener,
            database,
            pending(),
        ));
        Ok(Self {
            store,
            _engine: Some(engine),
        })
    }
}
