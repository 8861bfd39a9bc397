//! `$default`: API Gateway calls this function if no route matches, so that the answer still follows the contract.

use api::{Caller, Problem, Response};
use lambda_http::Request;

/// The API's paths and the methods of each. A test compares them with the template.
pub const PATHS: [(&str, &str); 10] = [
    ("/customers", "GET, POST"),
    ("/customers/{id}", "DELETE, GET, PATCH, PUT"),
    ("/customers/{id}/erase", "POST"),
    ("/customers/{id}/events", "GET"),
    ("/customers/{id}/events/{event}/redeliver", "POST"),
    ("/customers/{id}/restore", "POST"),
    ("/customers/{id}/webhook", "GET"),
    ("/customers/{id}/webhook/rotate", "POST"),
    ("/customers/{id}/webhook/test", "POST"),
    ("/permissions", "GET"),
];

/// Answers 405 with `Allow` if the path exists with other methods, otherwise 404.
///
/// # Errors
/// Always one of the two.
pub async fn handler(_caller: Caller, request: Request) -> Result<Response, Problem> {
    let path = request.uri().path();
    Err(PATHS
        .iter()
        .find(|(pattern, _)| matches(path, pattern))
        .map_or(Problem::UnknownRoute, |(_, methods)| {
            Problem::MethodNotAllowed(methods)
        }))
}

/// Whether `path` matches `pattern`, such as `/customers/{id}`.
fn matches(path: &str, pattern: &str) -> bool {
    path.split('/').count() == pattern.split('/').count()
        && path.split('/').zip(pattern.split('/')).all(|(part, wanted)| {
            if wanted.starts_with('{') {
                !part.is_empty()
            } else {
                part == wanted
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn methods(path: &str) -> Option<&'static str> {
        PATHS
            .iter()
            .find(|(pattern, _)| matches(path, pattern))
            .map(|(_, methods)| *methods)
    }

    #[test]
    fn only_paths_of_the_api_are_known() {
        for (path, expected) in [
            ("/customers", Some("GET, POST")),
            ("/customers/7", Some("DELETE, GET, PATCH, PUT")),
            ("/customers/7/events", Some("GET")),
            ("/customers/7/events/7.1/redeliver", Some("POST")),
            ("/customers/7/restore", Some("POST")),
            ("/permissions", Some("GET")),
            ("/", None),
            ("", None),
            ("/customer", None),
            ("/customers/", None),
            ("/customers/7/restore/x", None),
            ("/customers//restore", None),
            ("/customers/7/events//redeliver", None),
            ("/prod/customers", None),
        ] {
            assert_eq!(methods(path), expected, "{path}");
        }
    }
}
