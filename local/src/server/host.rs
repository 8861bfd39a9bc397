//! Names that lead to this machine. A web page can give its own name the address 127.0.0.1 (DNS rebinding): the browser
//! then takes the server for the page's own, and lets the page read what it answers.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The service at `address`. On loopback it answers only requests whose `Host` names this machine, or is an IP address.
pub(super) fn guarded(router: Router, address: SocketAddr) -> Router {
    match address.ip().to_canonical().is_loopback() {
        true => router.layer(from_fn(guard)),
        false => router,
    }
}

async fn guard(request: Request, next: Next) -> Response {
    if is_for_this_machine(request.headers()) {
        return next.run(request).await;
    }
    let status = StatusCode::MISDIRECTED_REQUEST;
    let problem = json!({
        "type": "about:blank",
        "title": "Misdirected Request",
        "status": status.as_u16(),
        "detail": "on a loopback address, only requests whose Host is localhost, a name below it, host.docker.internal \
                   or an IP address are answered, because web pages can give this machine other names: use \
                   http://localhost, or a name such as customers.localhost",
    });
    (
        status,
        [(CONTENT_TYPE, "application/problem+json")],
        problem.to_string(),
    )
        .into_response()
}

/// A request without `Host` comes from no browser. In a container of Docker Desktop, `host.docker.internal` is this machine.
fn is_for_this_machine(headers: &HeaderMap) -> bool {
    headers.get_all(HOST).iter().all(|host| {
        let Ok(host) = Authority::try_from(host.as_bytes()) else {
            return false;
        };
        let name = host.host().to_ascii_lowercase();
        let address = name.trim_start_matches('[').trim_end_matches(']');
        address.parse::<IpAddr>().is_ok()
            || ["localhost", "host.docker.internal"].contains(&&*name)
            || name.ends_with(".localhost")
    })
}
