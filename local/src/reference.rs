//! The API reference at `/docs`: `openapi.yaml` in Swagger UI, where every call can be tried.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa_swagger_ui::{Config, serve};

const CONTRACT: &str = include_str!("../../openapi.yaml");
const INDEX: &str = include_str!("reference/index.html");
const STYLE: &str = include_str!("reference/style.css");

/// The viewer may not load anything from other hosts, and may not be framed. Its script sets inline styles.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// The pages below `/docs`. Redirects are temporary: browsers would cache a permanent one, also for the next program
/// on this port.
pub fn router() -> Router {
    Router::new()
        .route("/docs", get(|| async { Redirect::temporary("/docs/") }))
        .route("/docs/", get(|| async { page("index.html") }))
        .route(
            "/docs/{*path}",
            get(|Path(path): Path<String>| async move { page(&path) }),
        )
}

/// Redirects a browser from the root to the reference. Other requests pass through.
pub async fn welcome(request: Request, next: Next) -> Response {
    if request.method() == Method::GET && request.uri().path() == "/" && prefers_html(request.headers()) {
        return ([(VARY, "accept")], Redirect::temporary("/docs/")).into_response();
    }
    next.run(request).await
}

/// Whether HTML is preferred to JSON, as by a browser.
fn prefers_html(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let ranges: Vec<_> = accepted.flat_map(|value| value.split(',')).collect();
    let quality = |media: &str| {
        let ranges = ranges.iter().filter_map(|range| {
            let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
            name.trim().eq_ignore_ascii_case(media).then_some(parameters)
        });
        ranges.map(weight).fold(0.0, f32::max)
    };
    quality("text/html") > quality("application/json").max(quality("application/problem+json"))
}

/// The weight among the parameters of a media range (RFC 9110, section 12.4.2).
fn weight(parameters: &str) -> f32 {
    parameters
        .split(';')
        .find_map(|parameter| parameter.trim().strip_prefix("q=")?.parse().ok())
        .unwrap_or(1.0)
}

fn page(path: &str) -> Response {
    let file = match path {
        "index.html" => Some(("text/html; charset=utf-8".to_owned(), Body::from(INDEX))),
        "style.css" => Some(("text/css".to_owned(), Body::from(STYLE))),
        "openapi.yaml" => Some(("application/yaml".to_owned(), Body::from(CONTRACT))),
        path => match serve(path, Arc::new(config())) {
            Ok(file) => file.map(|file| (file.content_type, Body::from(file.bytes.into_owned()))),
            Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        },
    };
    match file {
        Some((content_type, body)) => {
            let fields = [
                (CONTENT_TYPE, HeaderValue::from_str(&content_type).ok()),
                (CONTENT_SECURITY_POLICY, Some(POLICY)),
                (X_CONTENT_TYPE_OPTIONS, Some(HeaderValue::from_static("nosniff"))),
            ];
            let fields = fields
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)));
            (HeaderMap::from_iter(fields), body).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn config() -> Config<'static> {
    Config::from("openapi.yaml")
        .try_it_out_enabled(true)
        .persist_authorization(true)
        .display_request_duration(true)
        .default_models_expand_depth(0)
        .use_base_layout()
}
