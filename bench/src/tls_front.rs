//! TLS in front of the database, as AWS has it: the handshake is most of what a cold start waits for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::version::TLS13;

use crate::certificates::Chain;

/// The name that the front's certificate is for. A name and not an address, so that it is looked up as AWS's is.
const HOST: &str = "localhost";

/// A TLS server that passes everything on to a server without TLS.
pub(crate) struct TlsFront {
    address: SocketAddr,
    /// The certificate to trust, as a PEM file has it.
    pub(crate) root: String,
    connections: Arc<AtomicUsize>,
}

impl TlsFront {
    /// Starts a front for the server at `upstream`. It ends with the runtime.
    pub(crate) async fn start(upstream: SocketAddr) -> Result<Self> {
        let chain = Chain::generate(HOST)?;
        let config = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_protocol_versions(&[&TLS13])
            .context("TLS 1.3 is not served")?
            .with_no_client_auth()
            .with_single_cert(chain.presented, chain.key)
            .context("the certificates made do not serve")?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((HOST, 0))
            .await
            .context("no port for the TLS front")?;
        let address = listener.local_addr()?;
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = connections.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::Relaxed);
                // A connection that breaks is a function that ended.
                tokio::spawn(pass(acceptor.clone(), stream, upstream));
            }
        });
        Ok(Self {
            address,
            root: chain.root,
            connections,
        })
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("https://{HOST}:{}", self.address.port())
    }

    /// How many connections have been opened to it.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// The cipher suite that AWS chooses, whatever a client would like better.
fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![TLS13_AES_128_GCM_SHA256],
        ..default_provider()
    }
}

async fn pass(acceptor: TlsAcceptor, stream: TcpStream, upstream: SocketAddr) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut client = acceptor.accept(stream).await?;
    let mut server = TcpStream::connect(upstream).await?;
    server.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
