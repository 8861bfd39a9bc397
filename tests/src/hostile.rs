//! Entry points for hostile input. The tests feed them on stable Rust, the fuzzer in `fuzz/` with coverage.
//!
//! Each takes any bytes and panics where a promise is broken: on a panic of the code itself, on a 5xx, or on
//! something that is read differently from how it was written.

use std::time::Duration;

use api::{Answer, Caller, IdentitySource, Invocation, MetricScope, Query};
use customer::{CustomerPatch, NewCustomer, WebhookUri};
use lambda_http::{Body, Request};
use serde_json::json;
use store::{Listing, PageSize, PageToken};
use url::Host;

/// The body of a creation and of an update.
pub fn body(bytes: &[u8]) {
    for faults in [
        NewCustomer::from_json(bytes).err(),
        CustomerPatch::from_json(bytes).err(),
    ]
    .into_iter()
    .flatten()
    {
        assert!((1..=100).contains(&faults.len()), "{} faults", faults.len());
    }
}

/// A page token: whatever is read is written back the same.
pub fn page_token(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for listing in [Listing::Live, Listing::Deleted] {
        if let Ok(token) = PageToken::parse(&text, listing) {
            assert_eq!(token.encode(), text);
        }
    }
    if let Ok(size) = PageSize::parse(&text) {
        assert!((1..=100).contains(&size.get()));
    }
}

/// A webhook address, as it is and as a host: whatever is accepted names a public host.
pub fn webhook_uri(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for text in [text.to_string(), format!("http://{text}")] {
        let Ok(uri) = WebhookUri::parse(text.clone()) else {
            continue;
        };
        if uri.as_str().is_empty() {
            continue;
        }
        let url = url::Url::parse(&text).expect("what is accepted is a URL");
        assert!(
            ["http", "https"].contains(&url.scheme()) && url.username().is_empty(),
            "{text}"
        );
        let is_public = match url.host().expect("a host") {
            Host::Ipv4(address) => !address.is_loopback() && !address.is_private(),
            Host::Ipv6(address) => address.to_ipv4().is_none(),
            Host::Domain(name) => name != "localhost",
        };
        assert!(is_public, "{text}");
    }
}

fn with_header(name: &'static str, bytes: &[u8]) -> Option<Request> {
    let mut request = Request::new(Body::Empty);
    request
        .headers_mut()
        .insert(name, lambda_http::http::HeaderValue::from_bytes(bytes).ok()?);
    Some(request)
}

/// The value of `If-Match`.
pub fn if_match(bytes: &[u8]) {
    if let Some(Err(problem)) = with_header("if-match", bytes).map(|request| api::if_match(&request)) {
        assert_eq!(problem.status().as_u16(), 400);
    }
}

/// The value of `Idempotency-Key`.
pub fn idempotency_key(bytes: &[u8]) {
    match with_header("idempotency-key", bytes).map(|request| api::idempotency_key(&request)) {
        Some(Ok(key)) => assert!((1..=255).contains(&key.expect("a key").len())),
        Some(Err(problem)) => assert_eq!(problem.status().as_u16(), 400),
        None => {}
    }
}

/// A whole event, read by everything that reads events.
pub fn event(bytes: &[u8]) {
    let invocation = Invocation {
        event: serde_json::from_slice(bytes).unwrap_or_default(),
        request_id: "request".to_owned(),
        time_left: Duration::from_secs(10),
    };
    let answer = respond(invocation);
    let status = answer.response.status_code;
    assert!((200..500).contains(&status), "{status}");
    json!(answer.response).to_string();
    let scope = MetricScope {
        namespace: "fuzz".to_owned(),
        function: "fuzz".to_owned(),
        version: "1".to_owned(),
    };
    answer.line.to_json(Some(&scope)).expect("a line of JSON");
}

fn respond(invocation: Invocation) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(api::respond(
        invocation,
        IdentitySource::PlainTokens,
        read_everything,
    ))
}

async fn read_everything(caller: Caller, request: Request) -> Result<api::Response, api::Problem> {
    caller.must_be_known()?;
    let id = api::customer_id(&request)?;
    caller.must_read(id)?;
    api::if_match(&request)?;
    api::idempotency_key(&request)?;
    let mut query = Query::of(&request, &["page_size", "username"]);
    query.read("page_size", PageSize::parse);
    query.finish()?;
    api::body(&request, NewCustomer::from_json)?;
    Ok(api::Response::new(Body::Empty))
}
