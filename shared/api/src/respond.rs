//! One call of a function, from the event to the answer: what happens before and after every handler.

use std::time::{Duration, Instant};

use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_http::http::header::{CACHE_CONTROL, HeaderName, X_CONTENT_TYPE_OPTIONS};
use lambda_http::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use lambda_http::{Body, Request};

use crate::caller::{Caller, IdentitySource};
use crate::event::Event;
use crate::log_line::{Call, LogLine};
use crate::problem::{Problem, TimeLimit};
use crate::response::Response;

/// How much of the function's time is reserved for sending the answer.
const TIME_TO_ANSWER: Duration = Duration::from_millis(250);

/// The route of CORS preflights, which carry no token. API Gateway adds the CORS header fields to the answer.
const PREFLIGHT: &str = "OPTIONS /{proxy+}";

/// One call. It has no `Debug`, for it holds the caller's token and a customer's secrets.
pub struct Invocation {
    /// What API Gateway sent.
    pub event: Event,
    /// Lambda's id of the call, for an event without a request id.
    pub request_id: String,
    /// How long the function has until Lambda stops it.
    pub time_left: Duration,
}

/// How a call was answered. It has no `Debug`, for it holds a customer's secrets.
pub struct Answer {
    /// The answer to API Gateway.
    pub response: ApiGatewayV2httpResponse,
    /// The line for the log.
    pub line: LogLine,
}

/// Answers one call: identifies the caller, lets `handler` do its work, and turns a problem into its answer.
///
/// It never fails. It never calls `handler` without a caller, so a route without an authorizer answers 401; only the
/// preflight route answers 204 without a caller.
pub async fn respond<H, F>(invocation: Invocation, source: IdentitySource, handler: H) -> Answer
where
    H: FnOnce(Caller, Request) -> F,
    F: Future<Output = Result<Response, Problem>>,
{
    let started = Instant::now();
    let Invocation {
        mut event,
        request_id,
        time_left,
    } = invocation;
    let request_id = event.request_context.request_id.take().unwrap_or(request_id);
    let route = event.request_context.route_key.take().unwrap_or_default();
    let method = event.method().to_owned();
    let path = event.path().to_owned();

    let caller = Caller::identify(source, event.claims(), &event.headers);
    let kind = caller.as_ref().map_or("nobody", Caller::kind);
    let result = match caller {
        _ if route == PREFLIGHT => Ok(no_content()),
        Ok(caller) => {
            let work = handler(caller, event.into_request());
            let time_left = time_left.saturating_sub(TIME_TO_ANSWER);
            tokio::time::timeout(time_left, work)
                .await
                .unwrap_or(Err(Problem::OutOfTime(TimeLimit(time_left))))
        }
        Err(problem) => Err(problem),
    };

    let call = Call {
        request_id: request_id.clone(),
        route,
        method,
        caller: kind,
    };
    let line = LogLine::new(call, &result, started.elapsed());
    let mut response = result.unwrap_or_else(|problem| problem.into_response(reference(&path), &request_id));
    set_common_fields(response.headers_mut(), &request_id);
    Answer {
        response: into_event_answer(response),
        line,
    }
}

/// The header fields of every answer.
fn set_common_fields(headers: &mut HeaderMap, request_id: &str) {
    // Records hold personal data and secrets: shared caches must not store them, and private ones must revalidate.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), request_id);
    }
}

/// 204, for a preflight.
fn no_content() -> Response {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// The path if it is a URI reference, as a problem's `instance` must be, and otherwise the empty text.
fn reference(path: &str) -> &str {
    Uri::try_from(path).map_or("", |_| path)
}

fn into_event_answer(response: Response) -> ApiGatewayV2httpResponse {
    let (parts, body) = response.into_parts();
    let mut answer = ApiGatewayV2httpResponse::default();
    answer.status_code = i64::from(parts.status.as_u16());
    answer.headers = parts.headers;
    answer.body = match body {
        Body::Empty => None,
        body => Some(body),
    };
    answer
}
