//! The HTTP client.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use rustls::crypto::ring;

use crate::address::is_this_machine;

/// API Gateway ends a call after 30 seconds.
const TIMEOUT: Duration = Duration::from_secs(35);

/// An HTTP client for the server at `url`. It trusts the certificates that the machine trusts. It follows no
/// redirects, because the token is only for this server.
///
/// # Errors
/// If `url` is not a URL, or the machine's certificates cannot be read.
pub fn client(url: &str) -> Result<Client> {
    let url: Url = url.parse().with_context(|| format!("{url} is not a URL"))?;
    // An error means that it is installed already.
    let _ = ring::default_provider().install_default();
    let mut client = Client::builder().timeout(TIMEOUT).redirect(Policy::none());
    if url.scheme() == "http" {
        // There is nothing to verify, so the certificates are not read.
        client = client.tls_certs_only([]);
    }
    if is_this_machine(&url) {
        client = client.no_proxy();
    }
    if let Some(host) = url.host_str().filter(|host| host.ends_with(".localhost")) {
        // RFC 6761 defines this, but not every resolver does it. Port 0 means the URL's port.
        client = client.resolve(host, SocketAddr::from(([127, 0, 0, 1], 0)));
    }
    Ok(client.build()?)
}
