//! Which hosts a webhook may be sent to, judged by the name or literal address alone, without DNS.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};

use url::Host;

use crate::fault::{Fault, FaultCode};

static LOOPBACK_IS_ALLOWED: AtomicBool = AtomicBool::new(false);

/// Lets webhooks go to this machine, for a local server on which somebody tries them. No function calls it.
pub fn allow_loopback_webhooks() {
    LOOPBACK_IS_ALLOWED.store(true, Ordering::Relaxed);
}

/// # Errors
/// A fault if the host is not public, or its name is not a valid DNS name.
pub(crate) fn check_host(host: &Host<&str>) -> Result<(), Fault> {
    let (is_host, is_public) = match host {
        Host::Ipv4(address) => (true, is_public((*address).into())),
        Host::Ipv6(address) => (true, is_public((*address).into())),
        Host::Domain(name) => (is_host_name(name), !is_local_name(name)),
    };
    let is_allowed = is_public || is_loopback_host(host) && LOOPBACK_IS_ALLOWED.load(Ordering::Relaxed);
    if !is_allowed {
        return Err(Fault::new(
            FaultCode::NotAllowed,
            "must not name a private, loopback, link-local or otherwise special address",
        ));
    }
    if !is_host {
        return Err(Fault::new(
            FaultCode::InvalidFormat,
            "must name a host with a valid DNS name: labels of 1 to 63 letters, digits, - and _, none of which begins or \
             ends with -, 253 characters in all",
        ));
    }
    Ok(())
}

/// Whether a name is a host name by RFC 1035, section 2.3.4, and RFC 1123, section 2.1. Underscores are allowed too:
/// DNS has them, and hosts on the web use them. A trailing dot stands for the DNS root.
fn is_host_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.len() <= 253 && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(is_allowed)
}

/// Whether a name means this machine: `localhost` and every name below it (RFC 6761).
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.is_empty() || name.rsplit('.').next() == Some("localhost")
}

fn is_loopback_host(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => is_local_name(name),
    }
}

/// Whether an address is this machine's own, also where it is written as IPv6.
pub fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Whether an address is public: not private, loopback, link-local or otherwise special. An IPv4 address that
/// is written as IPv6 is not.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Whether `address` is neither multicast nor in the IANA registry of special-purpose IPv4 addresses.
fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 168, ..]
            | [192, 0, 0 | 2, _]
            | [192, 31, 196, _]
            | [192, 52, 193, _]
            | [192, 88, 99, _]
            | [192, 175, 48, _]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    )
}

/// Whether `address` is global unicast (2000::/3) and in none of the special blocks there. Those include the blocks
/// that embed an IPv4 address, Teredo and 6to4. IPv4-mapped and translated addresses are outside 2000::/3.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, second, ..] if second < 0x0200 => false,
        [0x2001, 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [0x2620, 0x004f, 0x8000, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_next_to_special_blocks_are_public() {
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2003::1",
            "3ffe::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
