//! The answer to a message.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::sync::Mutex;

use crate::forward::Forward;
use crate::screen::Screen;
use crate::secrets::{Rejection, Secrets};

/// Five times the registry's largest event.
const MAX_BODY: usize = 1024 * 1024;

/// Receives messages.
pub(crate) struct Receiver {
    secrets: Secrets,
    forward: Option<Forward>,
    screen: Arc<Screen>,
    /// The ids of the messages that have arrived.
    seen: Mutex<HashSet<String>>,
}

impl Receiver {
    pub(crate) fn new(secrets: Secrets, forward: Option<Forward>, screen: Arc<Screen>) -> Self {
        Self {
            secrets,
            forward,
            screen,
            seen: Mutex::default(),
        }
    }
}

/// The receiver as a service, at any path.
pub(crate) fn router(receiver: Receiver) -> Router {
    Router::new().fallback(receive).with_state(Arc::new(receiver))
}

async fn receive(State(receiver): State<Arc<Receiver>>, request: Request) -> Response {
    let Receiver {
        secrets,
        forward,
        screen,
        seen,
    } = &*receiver;
    let (parts, body) = request.into_parts();
    if ![Method::GET, Method::POST, Method::PUT, Method::DELETE].contains(&parts.method) {
        let allow = [(ALLOW, "GET, POST, PUT, DELETE")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow).into_response();
    }
    let id = parts.headers.get("webhook-id");
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or("no webhook-id");
    let refuse = |status: StatusCode, what: &str, reason: &str| {
        screen.problem(what, id, reason);
        (status, format!("{what}: {reason}\n")).into_response()
    };
    if forward
        .as_ref()
        .is_some_and(|forward| forward.has_sent(&parts.headers))
    {
        let reason = "it came back: --forward leads to this command";
        return refuse(StatusCode::LOOP_DETECTED, "not accepted", reason);
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            "not verified",
            "its body exceeds 1 MB or is incomplete",
        );
    };
    match secrets.verify(&parts.headers, &body).await {
        Ok(()) => {}
        Err(Rejection::Unverified(reason)) => {
            return refuse(StatusCode::UNAUTHORIZED, "not verified", reason);
        }
        // Not the message's fault: the registry sends it again.
        Err(Rejection::NoSecret(error)) => {
            return refuse(
                StatusCode::SERVICE_UNAVAILABLE,
                "not verified",
                &format!("{error:#}"),
            );
        }
    }

    let is_repeated = !seen.lock().await.insert(id.to_owned());
    screen.event(id, &body, is_repeated);
    let Some(forward) = forward else {
        return StatusCode::NO_CONTENT.into_response();
    };
    match forward.send(parts.method, &parts.headers, body).await {
        Ok(answer) => {
            screen.forwarded(id, answer.status, answer.millis);
            let mut response = Response::new(Body::empty());
            *response.status_mut() = answer.status;
            if let Some(retry_after) = answer.retry_after {
                response.headers_mut().insert(RETRY_AFTER, retry_after);
            }
            response
        }
        Err(reason) => refuse(StatusCode::BAD_GATEWAY, "not forwarded", &reason),
    }
}
