//! The percent-encoding of a request's path.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The ASCII characters that a path must encode (RFC 3986, section 3.3). Characters outside ASCII are encoded too.
const NOT_IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Percent-encodes a path. API Gateway sends the path decoded, but emulators may send it encoded, so existing escapes
/// are kept.
pub(crate) fn encoded(path: &str) -> Cow<'_, str> {
    utf8_percent_encode(path, NOT_IN_A_PATH).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoded_path_is_encoded_and_an_encoded_path_is_unchanged() {
        for (path, expected) in [
            ("/customers/a b", "/customers/a%20b"),
            ("/customers/\u{fc}?#", "/customers/%C3%BC%3F%23"),
            ("/customers/a%20b", "/customers/a%20b"),
            (
                "/customers/\"<>\\^`{|}\0",
                "/customers/%22%3C%3E%5C%5E%60%7B%7C%7D%00",
            ),
            ("/customers/-._~!$&'()*+,;=:@", "/customers/-._~!$&'()*+,;=:@"),
        ] {
            assert_eq!(encoded(path), expected);
        }
    }
}
