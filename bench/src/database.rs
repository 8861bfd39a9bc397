//! The embedded database with the template's table, behind TLS as DynamoDB is: most of a cold start is the wait for the
//! TLS handshake.
//!
//! AWS's servers present three certificates with 2048-bit RSA keys: the server's own, the intermediate that signed it,
//! and the root, cross-signed by an older root for clients that do not know the new one. A client that trusts the new
//! root verifies two certificates and ignores the third.

use std::net::SocketAddr;
use std::sync::{Arc, atomic::AtomicUsize, atomic::Ordering};

use anyhow::{Context, Result, anyhow};
use axum::http::StatusCode;
use local::database::Engine;
use local::queue::{self, Queue};
use local::template::{DEFAULT_PATH, Template};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa};
use rcgen::{KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize};
use tests::runtime::environment;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::{cipher_suite::TLS13_AES_128_GCM_SHA256, default_provider};
use tokio_rustls::rustls::{ServerConfig, pki_types::PrivateKeyDer, version::TLS13};

use crate::bench::{Bench, Environment};

/// The name in the server's certificate. A name, not an address, so that the client resolves it as it does AWS's.
const HOST: &str = "localhost";

/// An in-memory database, reachable with and without TLS.
pub(crate) struct Database {
    /// The engine itself, to load data without HTTP.
    pub(crate) engine: Engine,
    /// Its address without TLS.
    pub(crate) address: SocketAddr,
    /// The address of the queue and the bus.
    queue: SocketAddr,
    /// A customer's endpoint, which takes every event.
    pub(crate) endpoint: SocketAddr,
    tls_port: u16,
    /// The root certificate to trust, as PEM.
    root: String,
    /// How many TLS connections have been opened.
    pub(crate) connections: Arc<AtomicUsize>,
    /// The servers' tasks, aborted on drop.
    _servers: JoinSet<()>,
}

impl Database {
    /// Starts an empty database with the table of the project's template.
    pub(crate) async fn start() -> Result<Self> {
        let engine = Engine::open(None, &Template::read(DEFAULT_PATH.as_ref())?)?;
        let plain = TcpListener::bind(("127.0.0.1", 0)).await?;
        let encrypted = TcpListener::bind((HOST, 0)).await?;
        let queue_listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint_listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let (queue, endpoint) = (queue_listener.local_addr()?, endpoint_listener.local_addr()?);
        let messages = Queue::open(&engine.database, usize::MAX)?;
        let (address, tls_port) = (plain.local_addr()?, encrypted.local_addr()?.port());
        let (acceptor, root) = tls()?;
        let connections = Arc::new(AtomicUsize::new(0));
        let mut servers = JoinSet::new();
        let (database, counter) = (engine.database.clone(), connections.clone());
        servers.spawn(async {
            // If it fails, so do the requests to it.
            let _ = dynoxide::server::serve_with_shutdown(plain, database, std::future::pending()).await;
        });
        servers.spawn(async move { drop(axum::serve(queue_listener, queue::router(messages)).await) });
        let take = axum::Router::new().fallback(async || StatusCode::NO_CONTENT);
        servers.spawn(async move { drop(axum::serve(endpoint_listener, take).await) });
        servers.spawn(async move {
            while let Ok((stream, _)) = encrypted.accept().await {
                counter.fetch_add(1, Ordering::Relaxed);
                // A connection breaks when its function ends.
                tokio::spawn(pass(acceptor.clone(), stream, address));
            }
        });
        Ok(Self {
            engine,
            address,
            queue,
            endpoint,
            tls_port,
            root,
            connections,
            _servers: servers,
        })
    }

    /// The environment of a function that reaches the database at `address`, without TLS.
    pub(crate) fn environment(&self, address: SocketAddr) -> Environment {
        environment("bench", address, self.queue)
    }

    /// The environment of a function that reaches the database through TLS.
    ///
    /// The functions read `AWS_CA_BUNDLE`, here with the Amazon roots that are compiled into them. The usual client reads
    /// `SSL_CERT_FILE`, here with the platform's roots as on Lambda. Both also have the root generated here.
    pub(crate) fn tls_environment(&self, bench: &Bench) -> Result<Environment> {
        let platform = openssl_probe::probe().cert_file;
        let platform = std::fs::read_to_string(platform.context("this machine trusts no certificates")?)?;
        let amazon = tests::read("shared/start/amazon-roots.pem");
        let mut environment = self.environment(self.address);
        // If a variable is listed twice, the later value counts.
        let url = format!("https://{HOST}:{}", self.tls_port);
        environment.push(("AWS_ENDPOINT_URL_DYNAMODB", url));
        for (name, trusted) in [("AWS_CA_BUNDLE", amazon), ("SSL_CERT_FILE", platform)] {
            let path = bench.folder.path().join(name);
            std::fs::write(&path, format!("{trusted}\n{}", self.root))?;
            environment.push((name, path.display().to_string()));
        }
        Ok(environment)
    }
}

/// Terminates TLS and forwards the connection.
async fn pass(acceptor: TlsAcceptor, stream: TcpStream, upstream: SocketAddr) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut client = acceptor.accept(stream).await?;
    let mut server = TcpStream::connect(upstream).await?;
    server.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// TLS 1.3 with the cipher suite that AWS chooses, whatever the client prefers; and the root certificate to trust.
fn tls() -> Result<(TlsAcceptor, String)> {
    let old_root = CertifiedIssuer::self_signed(authority("Bench Old Root")?, key()?)?;
    let root = CertifiedIssuer::self_signed(authority("Bench Root")?, key()?)?;
    let cross_signed = authority("Bench Root")?.signed_by(root.key(), &old_root)?;
    let intermediate = CertifiedIssuer::signed_by(authority("Bench Intermediate")?, key()?, &root)?;
    let server = key()?;
    let leaf = CertificateParams::new([HOST.to_owned()])?.signed_by(&server, &intermediate)?;
    let presented = [leaf.der(), intermediate.der(), cross_signed.der()].map(Clone::clone);
    let key = PrivateKeyDer::try_from(server.serialize_der()).map_err(|error| anyhow!("{error}"))?;
    let mut provider = default_provider();
    provider.cipher_suites = vec![TLS13_AES_128_GCM_SHA256];
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(presented.to_vec(), key)?;
    Ok((TlsAcceptor::from(Arc::new(config)), root.pem()))
}

fn key() -> Result<KeyPair> {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).context("cannot generate an RSA key")
}

/// The parameters of a certificate authority.
fn authority(name: &str) -> Result<CertificateParams> {
    let mut parameters = CertificateParams::new([])?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Ok(parameters)
}
