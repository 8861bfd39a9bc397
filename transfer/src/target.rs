//! Which table customers move into or out of.

use std::fs::Metadata;
use std::future::pending;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use local::database::{Engine, endpoint};
use local::server::store_at;
use local::template::{DEFAULT_PATH, Template};
use start::Settings;
use store::CustomerStore;
use tokio::net::TcpListener;

use crate::endpoint::Endpoint;
use crate::file::is_same;

/// A table, chosen on the command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct Target {
    /// The database file to use, when nothing serves it
    #[arg(long, value_name = "PATH", default_value = ".local/customers.db", conflicts_with_all = ["endpoint", "table"])]
    data: PathBuf,

    /// A local database that is being served, such as http://127.0.0.1:8000 while `cargo run` runs
    #[arg(long, value_name = "URL", conflicts_with = "table")]
    endpoint: Option<Endpoint>,

    /// A table on AWS; region and credentials are those of AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
    /// and AWS_SESSION_TOKEN
    #[arg(long, value_name = "NAME")]
    table: Option<String>,

    /// The template that says what the local table is
    #[arg(long, value_name = "PATH", default_value = DEFAULT_PATH, hide_default_value = true)]
    template: PathBuf,
}

/// A table within reach.
pub(crate) struct Connection {
    /// The customers in it.
    pub(crate) store: CustomerStore,
    // An embedded database stays locked for as long.
    _engine: Option<Engine>,
}

impl Target {
    /// Reaches the table, and makes sure that it answers. A database file that is not there is made.
    ///
    /// # Errors
    /// A sentence that says what is missing, in use, or out of reach.
    pub(crate) async fn connect(&self) -> Result<Connection> {
        self.reach(Some(&self.data)).await
    }

    /// Reaches the table without making anything: what is not there is an empty table in memory.
    ///
    /// # Errors
    /// As of [`connect`](Self::connect).
    pub(crate) async fn look(&self) -> Result<Connection> {
        let is_there = self.data.metadata().is_ok_and(|metadata| metadata.len() > 0);
        self.reach(is_there.then_some(&self.data)).await
    }

    async fn reach(&self, data: Option<&PathBuf>) -> Result<Connection> {
        let connection = if let Some(table) = &self.table {
            let settings = Settings::of_table(table.clone())
                .with_context(|| format!("the table {table} on AWS cannot be reached"))?;
            if let Some(url) = &settings.endpoint {
                url.parse::<Endpoint>()?.check().await?;
            }
            Connection::to(settings.store()?)
        } else if let Some(endpoint) = &self.endpoint {
            let (table, _) = Template::read(&self.template)?.table()?;
            endpoint.check().await?;
            Connection::to(store_at(endpoint.to_string(), &table)?)
        } else {
            Connection::embedded(data.map(PathBuf::as_path), &Template::read(&self.template)?).await?
        };
        let reached = connection.store.warm_up().await;
        reached.context("the table cannot be read")?;
        Ok(connection)
    }

    /// Whether this is a file of the local database.
    pub(crate) fn owns(&self, file: &Metadata) -> bool {
        ["", "-wal", "-shm", ".lock"].iter().any(|suffix| {
            let mut path = self.data.clone().into_os_string();
            path.push(suffix);
            Path::new(&path)
                .metadata()
                .is_ok_and(|metadata| is_same(&metadata, file))
        })
    }

    /// Checks that there is a database file, if one is to be used.
    ///
    /// # Errors
    /// A sentence that names it.
    pub(crate) fn must_exist(&self) -> Result<()> {
        let is_file = self.table.is_none() && self.endpoint.is_none();
        ensure!(
            !is_file || self.data.exists(),
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

    /// Opens a database file, or one in memory. The store reaches it as the functions do: with the SDK, over a socket.
    async fn embedded(data: Option<&Path>, template: &Template) -> Result<Self> {
        let engine = Engine::open(data, template)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let store = store_at(endpoint(listener.local_addr()?), &engine.table)?;
        let database = engine.database.clone();
        // It ends with the process: what was answered is on the disk.
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
