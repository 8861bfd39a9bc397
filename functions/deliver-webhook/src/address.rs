use std::net::{IpAddr, SocketAddr};

use tokio::net::lookup_host;
use url::{Host, Url};

use crate::refusal::Refusal;

/// Which addresses a webhook may be sent to.
pub(crate) type Allows = fn(IpAddr) -> bool;

/// The addresses of a URL's host, if all of them are allowed. The connection goes to one of these without another lookup, so
/// that a name cannot change its address in between.
///
/// # Errors
/// [`Refusal::Blocked`] if one of them is not allowed, [`Refusal::Unresolved`] if there is none.
pub(crate) async fn addresses(url: &Url, allows: Allows) -> Result<Vec<SocketAddr>, Refusal> {
    let port = url.port_or_known_default().unwrap_or_default();
    let addresses = match url.host() {
        None => Vec::new(),
        Some(Host::Ipv4(address)) => vec![(address, port).into()],
        Some(Host::Ipv6(address)) => vec![(address, port).into()],
        Some(Host::Domain(name)) => {
            let found = lookup_host((name, port)).await.map_err(|_| Refusal::Unresolved)?;
            found.collect::<Vec<_>>()
        }
    };
    judged(addresses, allows)
}

/// The addresses, if there are any and each is allowed.
fn judged(mut addresses: Vec<SocketAddr>, allows: Allows) -> Result<Vec<SocketAddr>, Refusal> {
    if addresses.is_empty() {
        return Err(Refusal::Unresolved);
    }
    match addresses.iter().find(|address| !allows(address.ip())) {
        Some(blocked) => Err(Refusal::Blocked(blocked.ip())),
        None => {
            // Lambda has no IPv6 outside a VPC.
            addresses.sort_by_key(SocketAddr::is_ipv6);
            Ok(addresses)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn judged_url(url: &str) -> Result<Vec<SocketAddr>, Refusal> {
        addresses(&Url::parse(url).unwrap(), customer::is_public).await
    }

    #[tokio::test]
    async fn a_literal_address_passes_no_resolver_and_is_judged_all_the_same() {
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://169.254.169.254/latest/meta-data/",
            "http://10.1.2.3:8080/",
            "http://[::1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[fd00:ec2::254]/",
        ] {
            assert!(matches!(judged_url(url).await, Err(Refusal::Blocked(_))), "{url}");
        }
        let public = judged_url("https://8.8.8.8/").await.unwrap();
        assert_eq!(public, ["8.8.8.8:443".parse().unwrap()]);
    }

    #[test]
    fn one_address_that_is_not_public_blocks_a_name_whatever_else_it_has() {
        let addresses = |all: &[&str]| all.iter().map(|one| one.parse().unwrap()).collect();
        for all in [
            ["8.8.8.8:80", "10.0.0.1:80"],
            ["[2606:4700::1111]:80", "[::1]:80"],
            ["169.254.169.254:80", "8.8.8.8:80"],
        ] {
            let judged = judged(addresses(&all), customer::is_public);
            assert!(matches!(judged, Err(Refusal::Blocked(_))), "{all:?}");
        }
        let public = ["[2606:4700::1111]:80", "8.8.8.8:80"];
        let judged = judged(addresses(&public), customer::is_public).unwrap();
        assert_eq!(
            judged,
            addresses(&["8.8.8.8:80", "[2606:4700::1111]:80"]),
            "IPv4 first"
        );
    }

    #[tokio::test]
    async fn a_name_is_judged_by_what_it_resolves_to() {
        assert!(matches!(
            judged_url("http://localhost/").await,
            Err(Refusal::Blocked(_))
        ));
        let unknown = judged_url("http://no-such-name.invalid/").await;
        assert!(matches!(unknown, Err(Refusal::Unresolved)));
    }
}
