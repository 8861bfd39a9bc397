use url::Url;

use crate::fault::{Fault, FaultCode};
use crate::host::check_host;
use crate::text::{Rule, Text};

/// Where webhooks are sent: empty, or an absolute http(s) URI (RFC 3986) of at most 1,023 characters with a host and
/// without user info. A literal address must be public. Kept as written.
///
/// This does not resolve names. A name that resolves to a private address must be refused when the connection is made.
pub type WebhookUri = Text<WebhookUriRule>;

/// The rule of a [`WebhookUri`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookUriRule;

impl Rule for WebhookUriRule {
    fn check(text: &str) -> Result<(), Fault> {
        if text.is_empty() {
            return Ok(());
        }
        check_characters(text)?;
        check_authority(text)?;
        // The WHATWG parser understands every notation of an address that a resolver would.
        let url = Url::parse(text).map_err(|_| invalid("must be a valid URI with a host"))?;
        check_host(&url.host().ok_or_else(|| invalid("must name a host"))?)
    }
}

fn invalid(detail: &'static str) -> Fault {
    Fault::new(FaultCode::InvalidFormat, detail)
}

fn check_characters(text: &str) -> Result<(), Fault> {
    if !text.bytes().all(is_uri_character) {
        return Err(invalid(
            "must be a URI: ASCII without spaces, quotes, backslashes or braces; write other \
             characters percent-encoded, and an international host name in its xn-- form",
        ));
    }
    if text.len() > 1_023 {
        return Err(Fault::new(
            FaultCode::TooLong,
            "must be at most 1,023 characters long",
        ));
    }
    Ok(())
}

/// Checks the scheme, the authority, and the syntax of what follows.
fn check_authority(text: &str) -> Result<(), Fault> {
    let rest =
        after_scheme(text).ok_or_else(|| invalid("must be absolute and begin with https:// or http://"))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    if authority.is_empty() {
        return Err(invalid("must name a host"));
    }
    if authority.contains('@') {
        return Err(Fault::new(
            FaultCode::NotAllowed,
            "must not carry a user name or a password",
        ));
    }
    if authority.contains('%') {
        return Err(invalid(
            "must name its host plainly: no host name has percent-encoded characters",
        ));
    }
    if !is_path_query_and_fragment(rest) {
        return Err(invalid(
            "must have a percent sign only before two hexadecimal digits, no square brackets after its host, and \
             at most one #",
        ));
    }
    Ok(())
}

/// The text after `http://` or `https://`; a scheme is case-insensitive.
fn after_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")).then_some(rest)
}

/// Whether a URI may contain the byte: unreserved, reserved or `%` (RFC 3986, section 2).
fn is_uri_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

/// Whether text of URI characters is a path with query and fragment (RFC 3986, sections 2.1 and 3.3 to 3.5).
fn is_path_query_and_fragment(text: &str) -> bool {
    let is_escape = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    text.split('%').skip(1).all(is_escape) && !text.contains(['[', ']']) && text.matches('#').count() <= 1
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
            "https://r3---sn-4g5e6nsz.my_app.example.com/",
            "https://a.b/%C3%A9?x=%5B%5D&y=(1)!$',;:@/?#/?",
            "https://example.com:/",
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
    fn anything_but_an_absolute_http_uri_is_refused() {
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
            "http://a..b",
            "http://.a",
            "http://a.b..",
            "http://127.0.0.1../",
            "http://-",
            "http://-a.b",
            "http://a-.b",
            "http://a.b-/",
            "http://xn--/",
            "http://a!b.example",
            "http://a,b.example",
            "https://a.b/%zz",
            "https://a.b/%",
            "https://a.b/%a",
            "https://a.b/?q=%1",
            "https://a.b/#%g0",
            "https://a.b/[x]",
            "https://a.b/?x[]=1",
            "https://a.b/#a#b",
            "https://[::1]]/",
        ] {
            let fault = WebhookUri::parse(text).unwrap_err();
            assert_eq!(fault.code, FaultCode::InvalidFormat, "{text}");
        }
    }

    #[test]
    fn a_host_is_at_most_as_long_as_dns_allows() {
        let label = |length| "a".repeat(length);
        let host = |last| format!("https://{0}.{0}.{0}.{1}/", label(63), label(last));
        assert!(WebhookUri::parse(host(61)).is_ok());
        assert!(WebhookUri::parse(host(62)).is_err(), "254 characters");
        assert!(WebhookUri::parse(format!("https://{}.b/", label(64))).is_err());
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
    fn a_special_address_is_refused_in_every_notation() {
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
}
