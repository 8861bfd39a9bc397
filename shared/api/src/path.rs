//! The path of a request, in the form that a URI takes.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What a path cannot hold as it is (RFC 3986, section 3.3), besides what is not ASCII.
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

/// A path percent-encoded. API Gateway sends it decoded, emulators may send it as it came: what is encoded stays so.
pub(crate) fn encoded(path: &str) -> Cow<'_, str> {
    utf8_percent_encode(path, NOT_IN_A_PATH).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_came_decoded_is_encoded_and_one_that_came_encoded_stays() {
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
