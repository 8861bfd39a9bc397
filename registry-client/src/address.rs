//! Which addresses a token can be sent to.

use reqwest::Url;

/// The address of a registry on this machine, where `customers serve` is told no other.
pub const LOCAL_URL: &str = "http://127.0.0.1:3000";

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
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
