use customer::{Fault, FaultCode};
use lambda_http::Request;

use crate::problem::Problem;

const MAX_LENGTH: usize = 255;

/// The request's `Idempotency-Key`, if it has one: 1 to 255 visible ASCII characters, bare or as a quoted string as in
/// the IETF draft. `k` and `"k"` are the same key.
///
/// # Errors
/// [`Problem::Invalid`] if the header is malformed.
pub fn idempotency_key(request: &Request) -> Result<Option<String>, Problem> {
    let mut lines = request.headers().get_all("idempotency-key").iter();
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    line.to_str()
        .ok()
        .filter(|_| lines.next().is_none())
        .and_then(parse)
        .map(Some)
        .ok_or_else(|| {
            let detail =
                "Idempotency-Key must be 1 to 255 visible ASCII characters, bare or in double quotes";
            Problem::Invalid(vec![
                Fault::new(FaultCode::InvalidFormat, detail).at("/idempotency-key"),
            ])
        })
}

fn parse(text: &str) -> Option<String> {
    let text = text.trim();
    let key = match text.strip_prefix('"') {
        Some(quoted) => unescape(quoted.strip_suffix('"')?)?,
        None => text.to_owned(),
    };
    let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    (is_visible && (1..=MAX_LENGTH).contains(&key.len())).then_some(key)
}

/// Removes the escapes of a quoted string (RFC 9651, section 3.3.3): `\"` and `\\`.
fn unescape(text: &str) -> Option<String> {
    let mut key = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        key.push(match character {
            '"' => return None,
            '\\' => characters
                .next()
                .filter(|escaped| matches!(escaped, '"' | '\\'))?,
            other => other,
        });
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_and_quoted_keys_are_the_same() {
        for (text, key) in [
            (
                "8e03978e-40d5-43dd-bc93-6894a57f9324",
                "8e03978e-40d5-43dd-bc93-6894a57f9324",
            ),
            ("\"k\"", "k"),
            (" k ", "k"),
            ("\"a\\\"b\\\\c\"", "a\"b\\c"),
            ("!~", "!~"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(key), "{text}");
        }
    }

    #[test]
    fn length_is_1_to_255() {
        assert_eq!(parse(""), None);
        assert_eq!(parse("\"\""), None);
        assert!(parse(&"k".repeat(255)).is_some());
        assert!(parse(&format!("\"{}\"", "k".repeat(255))).is_some());
        assert_eq!(parse(&"k".repeat(256)), None);
    }

    #[test]
    fn malformed_keys_are_refused() {
        for text in ["a b", "a\tb", "é", "\"a", "\"a\"b\"", "\"a\\b\"", "\"a\\\"", "\""] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
