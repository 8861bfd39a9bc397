//! Which registry is called, and which addresses a token can be sent to.

use anyhow::{Result, anyhow};
use reqwest::Url;

use crate::environment::variable;

/// The address of a registry on this machine, where `customers serve` is told no other.
const LOCAL_URL: &str = "http://127.0.0.1:3000";

/// The address of the registry: the one of the command line, or else `CUSTOMERS_URL`, or else the one on this machine.
///
/// # Errors
/// A sentence that says what is wrong with the variable.
pub fn registry(given: Option<&Url>) -> Result<Url> {
    if let Some(url) = given {
        return Ok(url.clone());
    }
    match variable("CUSTOMERS_URL")? {
        Some(url) => address(&url).map_err(|fault| anyhow!("CUSTOMERS_URL {fault}")),
        None => Ok(LOCAL_URL.parse()?),
    }
}

/// An address to which a token can be sent safely.
///
/// # Errors
/// What is wrong with it.
pub fn address(text: &str) -> Result<Url, String> {
    let Ok(url) = text.parse::<Url>() else {
        return Err("must be a URL such as https://customers.example.com".to_owned());
    };
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine(&url) => {}
        "http" => return Err("must begin with https: the token would be sent unencrypted".to_owned()),
        _ => return Err("must begin with https://".to_owned()),
    }
    let is_bare = url.username().is_empty() && url.password().is_none();
    if !is_bare || url.query().is_some() || url.fragment().is_some() {
        return Err("must have no user, query or fragment".to_owned());
    }
    Ok(url)
}

/// Whether a URL leads to this machine and nowhere else.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
