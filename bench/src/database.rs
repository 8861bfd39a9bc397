//! The embedded database with the template's table, and where the functions find it.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use local::database::{Engine, endpoint};
use local::template::Template;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::tls_front::TlsFront;

/// Where a Linux distribution keeps the certificates that it trusts: Debian's place, and Amazon Linux's.
const PLATFORM_ROOTS: [&str; 2] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

/// A database in memory, with and without TLS in front of it.
pub(crate) struct Database {
    /// The engine itself, to load data past the network.
    pub(crate) engine: Engine,
    /// Where it answers without TLS.
    pub(crate) address: SocketAddr,
    /// TLS in front of it.
    pub(crate) tls: TlsFront,
    /// What runs all this; it ends with it.
    pub(crate) runtime: Runtime,
}

impl Database {
    /// Starts an empty database with the table of the project's template.
    pub(crate) fn start(root: &Path) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("no runtime")?;
        let engine = Engine::open(None, &Template::read(&root.join("template.yaml"))?)?;
        let database = engine.database.clone();
        let (address, tls) = runtime.block_on(async move {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let address = listener.local_addr()?;
            // It serves until the runtime ends, and with it the last call.
            tokio::spawn(dynoxide::server::serve_with_shutdown(
                listener,
                database,
                std::future::pending(),
            ));
            anyhow::Ok((address, TlsFront::start(address).await?))
        })?;
        Ok(Self {
            engine,
            address,
            tls,
            runtime,
        })
    }

    /// The environment of a function that reaches the database through TLS, with the certificates to trust in
    /// files in `folder`.
    ///
    /// The functions read `AWS_CA_BUNDLE`: Amazon's roots, as are compiled into them, and the front's. The usual
    /// client reads `SSL_CERT_FILE`: the platform's roots, as it would find them on Lambda, and the front's.
    pub(crate) fn environment(&self, root: &Path, folder: &Path) -> Result<Vec<(String, String)>> {
        let amazon = std::fs::read_to_string(root.join("shared/start/amazon-roots.pem"))
            .context("no Amazon roots in shared/start/")?;
        let platform = PLATFORM_ROOTS
            .iter()
            .find_map(|path| std::fs::read_to_string(path).ok())
            .ok_or_else(|| {
                anyhow!(
                    "this machine has no certificates in {}",
                    PLATFORM_ROOTS.join(" or ")
                )
            })?;
        let mut environment = self.environment_at(&self.tls.url());
        for (name, file, trusted) in [
            ("AWS_CA_BUNDLE", "amazon.pem", amazon),
            ("SSL_CERT_FILE", "platform.pem", platform),
        ] {
            let path = folder.join(file);
            std::fs::write(&path, format!("{trusted}\n{}", self.tls.root))
                .with_context(|| format!("cannot write {}", path.display()))?;
            environment.push((name.to_owned(), path.display().to_string()));
        }
        Ok(environment)
    }

    /// The environment of a function that reaches the database without TLS.
    pub(crate) fn plain_environment(&self) -> Vec<(String, String)> {
        self.environment_at(&endpoint(self.address))
    }

    /// What Lambda's environment has, with the database at `url`.
    pub(crate) fn environment_at(&self, url: &str) -> Vec<(String, String)> {
        [
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "made-up"),
            ("AWS_SECRET_ACCESS_KEY", "made-up"),
            ("AWS_SESSION_TOKEN", "made-up"),
            ("TABLE_NAME", &self.engine.table),
            ("AWS_ENDPOINT_URL_DYNAMODB", url),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }
}
