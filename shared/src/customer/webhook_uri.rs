use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::{FaultCode, Invalid};

/// Where webhooks are sent: empty, or an absolute http(s) URI (RFC 3986) of at most 1,023 characters with
/// a host, without user info, and with no literal address that is not public. Kept as written.
///
/// A name that resolves to such an address is not caught here, but when a connection is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookUri(String);

impl WebhookUri {
    /// The most characters a URI has.
    pub const MAX_LENGTH: usize = 1_023;

    /// # Errors
    /// [`Invalid`] naming the first rule that `text` breaks.
    pub fn parse(text: impl Into<String>) -> Result<Self, Invalid> {
        let text = text.into();
        if !text.is_empty() {
            check(&text)?;
        }
        Ok(Self(text))
    }

    /// The value as the table holds it, checked by the rules of the day on which it was written.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The URI as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check(text: &str) -> Result<(), Invalid> {
    let invalid = |detail| Err(Invalid::new(FaultCode::InvalidFormat, detail));
    let forbidden = |detail| Err(Invalid::new(FaultCode::NotAllowed, detail));

    if !text.bytes().all(is_uri_character) {
        return invalid(
            "must be a URI: ASCII without spaces, quotes, backslashes or braces; write other \
             characters percent-encoded, and an international host name in its xn-- form",
        );
    }
    if text.len() > WebhookUri::MAX_LENGTH {
        return Err(Invalid::new(
            FaultCode::TooLong,
            "must be at most 1,023 characters long",
        ));
    }
    let Some(rest) = after_scheme(text) else {
        return invalid("must be absolute and begin with https:// or http://");
    };
    if rest.is_empty() || rest.starts_with(['/', '?', '#']) {
        return invalid("must name a host");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return forbidden("must not carry a user name or a password");
    }
    if authority.contains('%') {
        return invalid("must name its host plainly: no host name has percent-encoded characters");
    }
    // The WHATWG parser reads an address in every notation that a resolver would.
    let Ok(url) = Url::parse(text) else {
        return invalid("must be a valid URI with a host");
    };
    match url.host() {
        None => invalid("must name a host"),
        Some(Host::Ipv4(address)) if !is_public_v4(address) => forbidden(NOT_PUBLIC),
        Some(Host::Ipv6(address)) if !is_public_v6(address) => forbidden(NOT_PUBLIC),
        Some(Host::Domain(name)) if is_local_name(name) => forbidden(NOT_PUBLIC),
        Some(_) => Ok(()),
    }
}

const NOT_PUBLIC: &str = "must not name a private, loopback, link-local or otherwise special address";

/// The text behind `http://` or `https://`; a scheme is case-insensitive.
fn after_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")).then_some(rest)
}

/// RFC 3986, section 2: unreserved, reserved and `%`.
fn is_uri_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

/// RFC 6761: `localhost` and all below it are this machine.
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.is_empty() || name.rsplit('.').next() == Some("localhost")
}

/// Whether the IANA registry of special-purpose IPv4 addresses leaves `address` to the public.
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

/// Whether `address` is global unicast (2000::/3) and not one of the special blocks in it, those that
/// carry an IPv4 address included (Teredo, 6to4); the mapped and translated ones lie outside.
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
    fn http_and_https_uris_are_kept_as_written() {
        for text in [
            "",
            "https://en7evajwhmqbt.x.pipedream.net",
            "http://example.com",
            "HTTPS://Example.COM:8443/a/b?c=d&e=%20#f",
            "https://xn--mnchen-3ya.example/",
            "https://XN--MNCHEN-3YA.Example/",
            "https://8.8.8.8/hook",
            "https://[2606:4700:4700::1111]/hook",
            "https://example.com./",
            "https://localhost.example.com/",
        ] {
            assert_eq!(WebhookUri::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn length_is_at_most_1023() {
        let uri = |length: usize| {
            let start = "https://example.com/";
            format!("{start}{}", "a".repeat(length - start.len()))
        };
        assert!(WebhookUri::parse(uri(1023)).is_ok());
        assert_eq!(WebhookUri::parse(uri(1024)).unwrap_err().code, FaultCode::TooLong);
    }

    #[test]
    fn what_is_no_absolute_http_uri_is_refused() {
        for text in [
            "example.com",
            "/hook",
            "//example.com",
            "ftp://example.com",
            "javascript:alert(1)",
            "https:example.com",
            "https:/example.com",
            "https://",
            "https:///example.com",
            "https://?a",
            "https://:443/",
            "https://exa mple.com",
            " https://example.com",
            "https://example.com\n",
            "https://example.com\\@evil.example",
            "https://münchen.example",
            "https://ⓔxample.com",
            "https://example.com:99999/",
            "https://[::1",
            "https://a%00b/",
            "http://%31%32%37.0.0.1/",
            "http://%6cocalhost/",
            "http://U%FD%5D",
            "http://[fe80::1%25eth0]/",
        ] {
            let fault = WebhookUri::parse(text).unwrap_err();
            assert_eq!(fault.code, FaultCode::InvalidFormat, "{text}");
        }
    }

    #[test]
    fn user_info_is_refused() {
        for text in [
            "https://user@example.com",
            "https://user:pass@example.com",
            "https://@example.com",
            "https://:@example.com",
        ] {
            let fault = WebhookUri::parse(text).unwrap_err();
            assert_eq!(fault.code, FaultCode::NotAllowed, "{text}");
        }
        assert!(WebhookUri::parse("https://example.com/@user").is_ok());
    }

    #[test]
    fn no_notation_of_a_special_address_gets_through() {
        for host in [
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "127.0.0.1:8080",
            "0.0.0.0",
            "0",
            "10.0.0.1",
            "100.64.0.1",
            "169.254.169.254",
            "0xA9FEA9FE",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:8.8.8.8]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::1]",
            "[100::1]",
            "[2001::1]",
            "[2001:db8::1]",
            "[2002:7f00:1::]",
            "[3fff::1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
        ] {
            let fault = WebhookUri::parse(format!("http://{host}/hook")).unwrap_err();
            assert_eq!(fault.code, FaultCode::NotAllowed, "{host}");
        }
    }

    #[test]
    fn the_neighbours_of_special_blocks_are_public() {
        for host in [
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
            "[2001:200::1]",
            "[2003::1]",
            "[3ffe::1]",
        ] {
            assert!(WebhookUri::parse(format!("http://{host}/")).is_ok(), "{host}");
        }
    }
}
