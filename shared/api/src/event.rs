//! The event that API Gateway's HTTP API sends (payload format 2.0), as far as this service reads it.
//!
//! `lambda_http` has a conversion of its own, which panics on a `Host` or a path that is no URL and on a body that
//! is not the base64 it claims to be. This one takes any event there is: what is absent is empty, and what is
//! broken is left for the contract's own checks to refuse.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_http::http::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use lambda_http::{Body, Request, RequestExt};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::claims::Claims;
use crate::path::encoded;

/// An event.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    #[serde(deserialize_with = "path")]
    raw_path: String,
    #[serde(deserialize_with = "null_as_default")]
    raw_query_string: String,
    #[serde(deserialize_with = "fields")]
    pub(crate) headers: HeaderMap,
    path_parameters: Option<HashMap<String, String>>,
    pub(crate) request_context: RequestContext,
    body: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    is_base64_encoded: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RequestContext {
    pub(crate) request_id: Option<String>,
    pub(crate) route_key: Option<String>,
    authorizer: Option<Authorizer>,
    #[serde(deserialize_with = "null_as_default")]
    stage: String,
    http: Http,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Http {
    #[serde(deserialize_with = "null_as_default")]
    method: String,
}

/// What API Gateway attests of the caller.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Authorizer {
    jwt: Option<Jwt>,
}

/// A verified JSON Web Token (RFC 7519).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Jwt {
    #[serde(deserialize_with = "null_as_default")]
    claims: Claims,
}

impl Event {
    /// The event that Lambda hands over as `text`, JSON. One that cannot be read is logged and counts as empty: it
    /// has no caller, so that it is answered 401.
    pub fn read(text: &str, request_id: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|error| {
            tracing::error!(
                request_id,
                reason = without_values(&error),
                "the event cannot be read"
            );
            Self::default()
        })
    }

    /// The claims of the token that API Gateway has verified, if there is one.
    pub(crate) fn claims(&self) -> Option<&Claims> {
        let token = self.request_context.authorizer.as_ref()?.jwt.as_ref()?;
        Some(&token.claims)
    }

    /// The method as text, which is empty where the event has none.
    pub(crate) fn method(&self) -> &str {
        &self.request_context.http.method
    }

    /// The path that the client asked for, a stage's name included.
    pub(crate) fn path(&self) -> &str {
        &self.raw_path
    }

    /// The path that routes are matched against: without the stage's name, which API Gateway puts in front of it
    /// unless the stage is `$default`.
    fn route_path(&self) -> &str {
        self.raw_path
            .strip_prefix('/')
            .and_then(|path| path.strip_prefix(self.request_context.stage.as_str()))
            .filter(|path| path.starts_with('/') && !self.request_context.stage.is_empty())
            .unwrap_or(&self.raw_path)
    }

    /// The request that the event stands for; its URI is the path that routes are matched against.
    pub(crate) fn into_request(self) -> Request {
        let uri = Uri::try_from(self.route_path()).unwrap_or_default();
        let mut request = Request::new(decoded(self.body, self.is_base64_encoded));
        *request.method_mut() =
            Method::from_bytes(self.request_context.http.method.as_bytes()).unwrap_or_default();
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        let mut request = request.with_raw_http_path(self.raw_path);
        if let Some(parameters) = self.path_parameters {
            request = request.with_path_parameters(parameters);
        }
        if !self.raw_query_string.is_empty() {
            request = request.with_query_string_parameters(pairs(&self.raw_query_string));
        }
        request
    }
}

/// What an error of reading JSON says, without the value that it quotes.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let is_quote = |c| matches!(c, '"' | '`');
    match text.split_once(is_quote) {
        None => text,
        Some((before, rest)) => {
            let after = rest.rsplit_once(is_quote).map_or("", |(_, after)| after);
            format!("{before}…{after}")
        }
    }
}

/// Emulators, such as `cargo lambda watch`, write `null` where API Gateway leaves a member out.
fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    null_as_default(deserializer).map(|path: String| encoded(&path).into_owned())
}

/// Text that stays where it is unless it holds escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The header fields that this service reads; the others, a dozen with every event, are passed over unread.
const FIELDS: [HeaderName; 5] = [
    AUTHORIZATION,
    CONTENT_TYPE,
    IF_MATCH,
    IF_NONE_MATCH,
    HeaderName::from_static("idempotency-key"),
];

/// Reads the event's header fields, of which API Gateway writes the names in lower case.
fn fields<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderMap, D::Error> {
    struct Fields;

    impl<'de> Visitor<'de> for Fields {
        type Value = HeaderMap;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HeaderMap, A::Error> {
            let mut headers = HeaderMap::new();
            while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                match FIELDS
                    .iter()
                    .find(|field| name.eq_ignore_ascii_case(field.as_str()))
                {
                    None => drop(map.next_value::<IgnoredAny>()?),
                    Some(field) => {
                        // A value that HTTP could not carry came from no client: it counts as absent.
                        if let Ok(value) = HeaderValue::from_str(&map.next_value::<Text<'de>>()?.0) {
                            headers.append(field, value);
                        }
                    }
                }
            }
            Ok(headers)
        }

        fn visit_unit<E>(self) -> Result<HeaderMap, E> {
            Ok(HeaderMap::new())
        }
    }

    deserializer.deserialize_any(Fields)
}

/// The body's bytes. Where they are not the base64 they claim to be, the text itself: it is no JSON either.
fn decoded(body: Option<String>, is_base64_encoded: bool) -> Body {
    match body {
        None => Body::Empty,
        Some(text) if is_base64_encoded => match STANDARD.decode(&text) {
            Ok(bytes) => Body::Binary(bytes),
            Err(_) => Body::Text(text),
        },
        Some(text) => Body::Text(text),
    }
}

/// The query's parameters, each with all its values in their order.
fn pairs(query: &str) -> HashMap<String, Vec<String>> {
    let mut parameters = HashMap::<String, Vec<String>>::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        parameters
            .entry(name.into_owned())
            .or_default()
            .push(value.into_owned());
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(event: serde_json::Value) -> Request {
        serde_json::from_str::<Event>(&event.to_string())
            .unwrap()
            .into_request()
    }

    #[test]
    fn a_real_event_becomes_the_request_it_stands_for() {
        let request = request(serde_json::json!({
            "version": "2.0",
            "routeKey": "PUT /customers/{id}",
            "rawPath": "/prod/customers/7",
            "rawQueryString": "a=1&b=x%20y&a=2",
            "headers": {"content-type": "application/json", "host": "api.example.com"},
            "pathParameters": {"id": "7"},
            "requestContext": {"http": {"method": "PUT"}, "stage": "prod", "requestId": "r"},
            "body": "eyJhIjoxfQ==",
            "isBase64Encoded": true
        }));
        assert_eq!(request.method(), Method::PUT);
        assert_eq!(request.raw_http_path(), "/prod/customers/7");
        assert_eq!(request.uri().path(), "/customers/7");
        assert_eq!(request.path_parameters().first("id"), Some("7"));
        assert_eq!(request.query_string_parameters().all("a").unwrap(), ["1", "2"]);
        assert_eq!(request.query_string_parameters().first("b"), Some("x y"));
        assert_eq!(request.headers()["content-type"], "application/json");
        assert_eq!(request.body().as_ref(), br#"{"a":1}"#);
    }

    #[test]
    fn a_null_is_a_member_that_is_not_there() {
        let request = request(serde_json::json!({
            "rawPath": "/customers",
            "rawQueryString": null,
            "headers": null,
            "pathParameters": null,
            "requestContext": {"http": {"method": "GET"}, "stage": null, "requestId": null, "authorizer": null},
            "body": null,
            "isBase64Encoded": null
        }));
        assert_eq!(
            (request.method(), request.uri().path()),
            (&Method::GET, "/customers")
        );
    }

    #[test]
    fn only_a_verified_token_has_claims() {
        let claims = |authorizer| {
            let event = serde_json::json!({"requestContext": {"authorizer": authorizer}});
            let event: Event = serde_json::from_value(event).unwrap();
            event.claims().cloned()
        };
        assert!(claims(serde_json::json!({"jwt": {"claims": {"sub": "s"}}})).is_some());
        for authorizer in [
            serde_json::json!(null),
            serde_json::json!({}),
            serde_json::json!({"jwt": null}),
            serde_json::json!({"iam": {"userArn": "arn:aws:sts::123456789012:assumed-role/ops/me"}}),
        ] {
            assert_eq!(claims(authorizer.clone()), None, "{authorizer}");
        }
    }

    #[test]
    fn only_the_stage_itself_is_taken_off_a_path() {
        for (stage, path, expected) in [
            ("$default", "/customers", "/customers"),
            ("", "/customers", "/customers"),
            ("prod", "/prod/customers", "/customers"),
            ("prod", "/customers", "/customers"),
            ("prod", "/production/customers", "/production/customers"),
            ("customers", "/customers/customers/7", "/customers/7"),
        ] {
            let event = serde_json::json!({"rawPath": path, "requestContext": {"stage": stage}});
            assert_eq!(request(event).uri().path(), expected, "{stage} {path}");
        }
    }

    #[test]
    fn the_reason_why_an_event_cannot_be_read_quotes_no_value_of_it() {
        for (event, reason) in [
            (
                r#"{"headers": "made-up \" secret"}"#,
                "invalid type: string …, expected an object at line 1 column 31",
            ),
            (
                r#"{"rawPath": 5}"#,
                "invalid type: integer …, expected a string at line 1 column 13",
            ),
            ("{", "EOF while parsing an object at line 1 column 1"),
        ] {
            let error = serde_json::from_str::<Event>(event).unwrap_err();
            assert_eq!(without_values(&error), reason, "{event}");
        }
    }

    #[test]
    fn hostile_and_foreign_events_are_taken_without_a_panic() {
        for event in [
            serde_json::json!({}),
            serde_json::json!({"Records": [{"eventSource": "aws:sqs"}]}),
            serde_json::json!({"body": "not base64!", "isBase64Encoded": true}),
            serde_json::json!({"rawPath": "/a b\u{0}ü%zz", "rawQueryString": "%zz&=&&a"}),
            serde_json::json!({"headers": {"host": "[::", "bad name": "x", "x": "a\nb"}}),
            serde_json::json!({"requestContext": {"http": {"method": "a b"}}}),
            serde_json::json!({"pathParameters": null, "body": null}),
        ] {
            request(event);
        }
    }
}
