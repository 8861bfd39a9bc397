//! API Gateway's HTTP API on localhost: routes, events of payload format 2.0, and the authorizer.

#![expect(
    clippy::indexing_slicing,
    reason = "a member that a JSON object lacks reads as null"
)]

mod cors;
mod event;

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use api::{IdentitySource, Invocation, respond};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::LengthLimitError;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use serde_json::{Map, Value, json};

pub use self::cors::Origin;

use self::cors::Cors;
use self::event::{decoded, event};
use crate::functions::{Handler, Services, handler};
use crate::output::Output;
use crate::template::{Route, Template};

/// API Gateway's own limits.
const MAX_PAYLOAD: usize = 10 * 1024 * 1024;
const LONGEST_CALL: Duration = Duration::from_secs(30);

/// The routes of a template, and the functions behind them.
pub struct Gateway {
    paths: matchit::Router<Vec<Target>>,
    /// Paths with a greedy parameter, such as `/{proxy+}`, which apply if no other path matches.
    greedy_paths: matchit::Router<Vec<Target>>,
    default: Option<Target>,
    cors: Cors,
    services: Services,
    failures: Output,
    access_log: Option<Output>,
}

/// What a route calls.
#[derive(Clone)]
struct Target {
    /// The route as in the template, such as `GET /customers/{id}`, or `$default`.
    route_key: String,
    method: String,
    handler: Handler,
    time_limit: Duration,
}

impl Gateway {
    /// The gateway that `template` describes; its functions use `services`. Each failed call leaves its line in `failures`.
    ///
    /// # Errors
    /// A sentence if the template names a function that the workspace does not have, or paths that conflict.
    pub fn new(
        template: &Template,
        services: Services,
        failures: Output,
        access_log: Option<Output>,
    ) -> Result<Self> {
        let mut targets = BTreeMap::<String, Vec<Target>>::new();
        let mut default = None;
        let routed = template
            .functions
            .iter()
            .filter(|function| !function.routes.is_empty());
        for function in routed {
            let handler = handler(&function.binary).with_context(|| {
                format!(
                    "the template names the binary {}, which is not a function here",
                    function.binary
                )
            })?;
            let time_limit = function.timeout.min(LONGEST_CALL);
            for route in &function.routes {
                match route {
                    Route::Of { method, path } => targets.entry(path.clone()).or_default().push(Target {
                        route_key: format!("{method} {path}"),
                        method: method.clone(),
                        handler,
                        time_limit,
                    }),
                    Route::Default => {
                        default = Some(Target {
                            route_key: "$default".to_owned(),
                            method: String::new(),
                            handler,
                            time_limit,
                        });
                    }
                }
            }
        }
        let mut paths = matchit::Router::new();
        let mut greedy_paths = matchit::Router::new();
        for (path, targets) in targets {
            let inserted = match path.strip_suffix("+}").and_then(|path| path.rsplit_once('{')) {
                Some((prefix, name)) => greedy_paths.insert(format!("{prefix}{{*{name}}}"), targets),
                None => paths.insert(&path, targets),
            };
            inserted.with_context(|| format!("cannot route {path}"))?;
        }
        Ok(Self {
            paths,
            greedy_paths,
            default,
            cors: template.cors()?.map_or_else(|| Ok(Cors::default()), Cors::read)?,
            services,
            failures,
            access_log,
        })
    }

    /// The target of a request, and its decoded path parameters. Routes are matched against the encoded path, so an
    /// encoded slash does not end a segment.
    fn find(&self, method: &str, path: &str) -> Option<(&Target, Map<String, Value>)> {
        for paths in [&self.paths, &self.greedy_paths] {
            if let Ok(found) = paths.at(path)
                && let Some(target) = found.value.iter().find(|target| target.method == method)
            {
                let parameters = found.params.iter();
                let parameters = parameters.map(|(name, value)| (name.to_owned(), json!(decoded(value))));
                return Some((target, parameters.collect()));
            }
        }
        Some((self.default.as_ref()?, Map::new()))
    }
}

/// The gateway as a service.
pub fn router(gateway: Gateway) -> Router {
    Router::new().fallback(handle).with_state(Arc::new(gateway))
}

/// Answers one request as API Gateway and the function behind the route would.
async fn handle(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let line = format!("{} {}", parts.method, parts.uri);
    let of_origins = gateway.cors.fields(&parts.method, &parts.headers);
    let mut response = answer(&gateway, parts, body).await;
    response.headers_mut().extend(of_origins);
    if let Some(access_log) = &gateway.access_log {
        let status = response.status().as_u16();
        let millis = started.elapsed().as_secs_f64() * 1000.0;
        access_log.say(format!("{line} {status} {millis:.1} ms\n"));
    }
    response
}

async fn answer(gateway: &Gateway, parts: Parts, body: Body) -> Response {
    let body = match to_bytes(body, MAX_PAYLOAD).await {
        Ok(body) => body,
        Err(error) if error.source().is_some_and(|cause| cause.is::<LengthLimitError>()) => {
            return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long");
        }
        // It was cut off, or its framing is wrong.
        Err(_) => return message(StatusCode::BAD_REQUEST, "Bad Request"),
    };
    let Some((target, parameters)) = gateway.find(parts.method.as_str(), parts.uri.path()) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    let event = event(&parts, &body, &target.route_key, parameters);
    let Ok(event) = serde_json::from_value(event) else {
        return message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    };
    let invocation = Invocation {
        event,
        request_id: String::new(),
        time_left: target.time_limit,
    };
    let services = gateway.services.clone();
    let answer = respond(invocation, IdentitySource::Authorizer, |caller, request| {
        (target.handler)(services, caller, request)
    });
    let answer = answer.await;
    if answer.line.is_failure()
        && let Ok(line) = answer.line.to_json(None)
    {
        gateway.failures.say(line + "\n");
    }
    response(&answer.response)
        .unwrap_or_else(|_| message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"))
}

/// An answer from API Gateway itself.
fn message(status: StatusCode, text: &str) -> Response {
    let mut response = Response::new(Body::from(json!({"message": text}).to_string()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Serialises the answer to JSON, as a function does, and converts that to HTTP.
fn response(answer: &ApiGatewayV2httpResponse) -> Result<Response> {
    let answer = serde_json::to_value(answer)?;
    let mut response =
        Response::builder().status(u16::try_from(answer["statusCode"].as_u64().unwrap_or(500))?);
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        response = response.header(name, value.as_str().unwrap_or_default());
    }
    let body = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == json!(true) {
        Body::from(STANDARD.decode(body)?)
    } else {
        Body::from(body.to_owned())
    };
    Ok(response.body(body)?)
}
