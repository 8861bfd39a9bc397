//! Cross-origin resource sharing (CORS), as the template's CorsConfiguration defines it.
//!
//! This does not use tower-http's layer, which answers every OPTIONS itself with 200 and shows the methods to every
//! origin. API Gateway adds its header fields to the route's answer, and adds none for an origin that is not allowed.

use std::str::FromStr;

use anyhow::{Context, Result};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// An origin as browsers send it, or `*` for all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_sent = Url::parse(text).is_ok_and(|url| {
            ["http", "https"].contains(&url.scheme()) && url.origin().ascii_serialization() == text
        });
        if text == "*" || is_sent && !text.contains(['*', ',']) {
            Ok(Self(text.to_owned()))
        } else {
            Err(
                "write an origin as browsers send it, such as http://localhost:5173 or https://console.example.com: \
                 no path, and a port only if it is not the default; or * for all",
            )
        }
    }
}

impl Origin {
    /// The origin, such as `http://localhost:5173`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What pages of other origins may do.
#[derive(Default)]
pub(super) struct Cors {
    origins: Vec<String>,
    for_preflights: Vec<(HeaderName, HeaderValue)>,
    for_calls: Vec<(HeaderName, HeaderValue)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Configuration {
    allow_origins: Vec<String>,
    #[serde(default)]
    allow_methods: Vec<String>,
    #[serde(default)]
    allow_headers: Vec<String>,
    #[serde(default)]
    expose_headers: Vec<String>,
    #[serde(default)]
    max_age: u32,
}

impl Cors {
    /// Reads a CorsConfiguration.
    pub(super) fn read(configuration: Value) -> Result<Self> {
        let configuration: Configuration = serde_json::from_value(configuration)
            .context("the template's CorsConfiguration is not understood")?;
        let list = |values: &[String]| HeaderValue::from_str(&values.join(","));
        Ok(Self {
            for_preflights: vec![
                (ACCESS_CONTROL_ALLOW_METHODS, list(&configuration.allow_methods)?),
                (ACCESS_CONTROL_ALLOW_HEADERS, list(&configuration.allow_headers)?),
                (ACCESS_CONTROL_MAX_AGE, configuration.max_age.into()),
            ],
            for_calls: vec![(
                ACCESS_CONTROL_EXPOSE_HEADERS,
                list(&configuration.expose_headers)?,
            )],
            origins: configuration.allow_origins,
        })
    }

    /// The header fields to add to the answer to this request.
    pub(super) fn fields(&self, method: &Method, request: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
        let mut fields = Vec::new();
        let is_any = self.origins.iter().any(|origin| origin == "*");
        if !is_any && !self.origins.is_empty() {
            // A cache must not give one origin's answer to another.
            fields.push((VARY, HeaderValue::from_static("origin")));
        }
        let Some(origin) = request.get(ORIGIN) else {
            return fields;
        };
        if is_any {
            fields.push((ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")));
        } else if self.origins.iter().any(|allowed| origin == allowed) {
            fields.push((ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()));
        } else {
            return fields;
        }
        let is_preflight = method == Method::OPTIONS && request.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        fields.extend_from_slice(if is_preflight {
            &self.for_preflights
        } else {
            &self.for_calls
        });
        fields
    }
}
