//! The parts of API Gateway's HTTP API event (payload format 2.0) that this service reads.
//!
//! `lambda_http` has its own conversion. It panics on a `Host` or a path that is not a valid URL, and on a body that is
//! not valid base64 although the event says so. This one accepts any event: absent members are empty, and invalid ones
//! are left for the checks of the API to refuse.

#[cfg(test)]
mod tests;

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
use crate::json_error::without_values;
use crate::path::encoded;

/// An event. It has no `Debug`, for it holds the caller's token and a customer's secrets.
#[derive(Default, Deserialize)]
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

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RequestContext {
    pub(crate) request_id: Option<String>,
    pub(crate) route_key: Option<String>,
    authorizer: Option<Authorizer>,
    #[serde(deserialize_with = "null_as_default")]
    stage: String,
    http: Http,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Http {
    #[serde(deserialize_with = "null_as_default")]
    method: String,
}

/// What API Gateway has verified about the caller.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Authorizer {
    jwt: Option<Jwt>,
}

/// A verified JSON Web Token (RFC 7519).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Jwt {
    #[serde(deserialize_with = "null_as_default")]
    claims: Claims,
}

impl Event {
    /// Parses the JSON event that Lambda passes in. An event that cannot be read is logged and counts as empty: it has
    /// no caller, so the answer is 401.
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

    /// The method as text, which is empty if the event has none.
    pub(crate) fn method(&self) -> &str {
        &self.request_context.http.method
    }

    /// The path that the client asked for, including the name of a stage.
    pub(crate) fn path(&self) -> &str {
        &self.raw_path
    }

    /// The path that routes match: without the stage's name, which API Gateway puts in front of it unless the stage is
    /// `$default`.
    fn route_path(&self) -> &str {
        self.raw_path
            .strip_prefix('/')
            .and_then(|path| path.strip_prefix(self.request_context.stage.as_str()))
            .filter(|path| path.starts_with('/') && !self.request_context.stage.is_empty())
            .unwrap_or(&self.raw_path)
    }

    /// Turns the event into a request. Its URI is the path that routes match.
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

/// Emulators, such as `cargo lambda watch`, write `null` where API Gateway leaves a member out.
fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    null_as_default(deserializer).map(|path: String| encoded(&path).into_owned())
}

/// Text that is borrowed from the event unless it contains escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The header fields that this service reads. The others, a dozen in every event, are skipped.
const FIELDS: [HeaderName; 5] = [
    AUTHORIZATION,
    CONTENT_TYPE,
    IF_MATCH,
    IF_NONE_MATCH,
    HeaderName::from_static("idempotency-key"),
];

/// Reads the event's header fields, whose names API Gateway writes in lower case.
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
                        // HTTP cannot carry an invalid value, so no client sent it. It counts as absent.
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

/// The body's bytes. A body that is not valid base64 although the event says so stays text: it is not valid JSON
/// either.
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

/// The query's parameters, each with all its values in order.
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
