//! The event that API Gateway creates from a request (payload format 2.0).

#![expect(
    clippy::indexing_slicing,
    reason = "a member that a JSON object lacks reads as null"
)]

use std::borrow::Cow;

use api::{Claims, bearer};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The event for a request.
pub(super) fn event(parts: &Parts, body: &[u8], route_key: &str, parameters: Map<String, Value>) -> Value {
    let path = decoded_path(parts.uri.path());
    let domain = header(&parts.headers, HOST);
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers(&parts.headers),
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": domain,
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": header(&parts.headers, USER_AGENT),
            },
            "requestId": Uuid::new_v4().to_string(),
            "routeKey": route_key,
            "stage": "$default",
        },
        "isBase64Encoded": false,
    });
    if let Some(claims) = bearer(&parts.headers).and_then(Claims::of_plain_token) {
        event["requestContext"]["authorizer"] = json!({"jwt": {"claims": claims, "scopes": null}});
    }
    let cookies: Vec<_> = parts
        .headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if !parameters.is_empty() {
        event["pathParameters"] = Value::Object(parameters);
    }
    match std::str::from_utf8(body) {
        Ok("") => {}
        Ok(text) if is_text(&parts.headers) => event["body"] = json!(text),
        _ => {
            event["body"] = json!(STANDARD.encode(body));
            event["isBase64Encoded"] = json!(true);
        }
    }
    event
}

/// The path as in `rawPath`, which is decoded, despite its name: see the events that AWS recorded for its own test
/// tool (aws/aws-lambda-dotnet, Tools/LambdaTestTool-v2, the snapshot V2_SpecialCharactersInPath). Here an encoded
/// slash stays encoded, because it did not separate segments when the route was matched.
fn decoded_path(path: &str) -> String {
    let path = path.replace("%2F", "%252F").replace("%2f", "%252f");
    decoded(&path).into_owned()
}

/// Percent-decodes a part of a path. Malformed encodings stay as they are, and invalid UTF-8 becomes U+FFFD.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// Names in lower case, repeated fields joined by a comma, cookies apart.
fn headers(headers: &HeaderMap) -> Map<String, Value> {
    headers
        .keys()
        .filter(|name| **name != COOKIE)
        .map(|name| {
            let values: Vec<_> = headers
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
                .collect();
            (name.as_str().to_owned(), json!(values.join(",")))
        })
        .collect()
}

fn header(headers: &HeaderMap, name: HeaderName) -> &str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// Bodies of these types are sent as text, all others in base64.
fn is_text(headers: &HeaderMap) -> bool {
    let essence = header(headers, CONTENT_TYPE)
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&essence.as_str())
        || (essence.starts_with("application/") && (essence.ends_with("+json") || essence.ends_with("+xml")))
}

#[cfg(test)]
mod tests {
    use axum::extract::Request;

    use super::*;

    #[test]
    fn the_path_is_decoded_and_the_query_is_not() {
        for (path, expected) in [
            ("/customers/a%20b", "/customers/a b"),
            ("/customers/%C3%BC%3F", "/customers/ü?"),
            ("/customers/a%2Fb%2fc", "/customers/a%2Fb%2fc"),
            ("/customers/%2541", "/customers/%41"),
            ("/customers/%zz%", "/customers/%zz%"),
            ("/customers/%ff", "/customers/\u{fffd}"),
        ] {
            let request = Request::builder().uri(format!("{path}?q=%20")).body(()).unwrap();
            let event = event(&request.into_parts().0, b"", "$default", Map::new());
            assert_eq!(event["rawPath"], expected);
            assert_eq!(event["requestContext"]["http"]["path"], expected);
            assert_eq!(event["rawQueryString"], "q=%20");
        }
    }
}
