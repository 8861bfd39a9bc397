//! A request's path: its parameters, and its percent-encoding.

use std::borrow::Cow;

use customer::CustomerId;
use lambda_http::{Request, RequestExt};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::problem::Problem;

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

/// The `{id}` of the request's path.
///
/// # Errors
/// [`Problem::Invalid`] if it is not a UUID.
pub fn customer_id(request: &Request) -> Result<CustomerId, Problem> {
    let parameters = request.path_parameters_ref();
    let id = parameters
        .and_then(|parameters| parameters.first("id"))
        .unwrap_or_default();
    CustomerId::parse(id).map_err(|fault| Problem::Invalid(vec![fault.at("/id")]))
}

/// The version in the `{event}` of the request's path, which is the id of one of this customer's events.
///
/// # Errors
/// [`Problem::EventNotFound`] for any other text.
pub fn event_version(request: &Request, id: CustomerId) -> Result<u64, Problem> {
    let parameters = request.path_parameters_ref();
    let event = parameters
        .and_then(|parameters| parameters.first("event"))
        .unwrap_or_default();
    let version = event.split_once('.').and_then(|(customer, version)| {
        let is_its_own = CustomerId::parse(customer).is_ok_and(|customer| customer == id);
        let number = version.parse::<u64>().ok();
        number.filter(|number| is_its_own && number.to_string() == version)
    });
    version.ok_or(Problem::EventNotFound)
}

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
