//! The API reference at `/docs`: `openapi.yaml` in Swagger UI, where every call can be tried on this system.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa_swagger_ui::{Config, serve};

const CONTRACT: &str = include_str!("../../openapi.yaml");

/// The viewer needs nothing from another host, and may ask none.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'");

/// The pages below `/docs`.
pub fn router() -> Router {
    Router::new()
        .route("/docs", get(|| async { Redirect::permanent("/docs/") }))
        .route("/docs/", get(|| async { asset("index.html") }))
        .route(
            "/docs/openapi.yaml",
            get(|| async { ([(CONTENT_TYPE, "application/yaml")], CONTRACT) }),
        )
        .route(
            "/docs/{*path}",
            get(|Path(path): Path<String>| async move { asset(&path) }),
        )
}

fn asset(path: &str) -> Response {
    let config = Config::from("openapi.yaml")
        .try_it_out_enabled(true)
        .persist_authorization(true)
        .display_request_duration(true)
        .default_models_expand_depth(0)
        .use_base_layout();
    match serve(path, Arc::new(config)) {
        Ok(Some(file)) => {
            let headers = [
                (CONTENT_TYPE, HeaderValue::from_str(&file.content_type)),
                (CONTENT_SECURITY_POLICY, Ok(POLICY)),
            ];
            let mut response = Response::new(Body::from(file.bytes.into_owned()));
            for (name, value) in headers {
                if let Ok(value) = value {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
