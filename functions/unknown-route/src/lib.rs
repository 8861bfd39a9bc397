//! `$default`: what API Gateway calls where no route fits, so that the answer is one of the contract's.

use api::{Caller, Problem, Response};
use lambda_http::Request;

/// The API's paths and the methods each has. A test holds this equal to the template.
pub const PATHS: [(&str, &str); 4] = [
    ("/customers", "GET, POST"),
    ("/customers/{id}", "DELETE, GET, PATCH, PUT"),
    ("/customers/{id}/restore", "POST"),
    ("/permissions", "GET"),
];

/// Answers 405 with `Allow` on a path of the API, else 404.
///
/// # Errors
/// Always one of the two.
pub async fn handler(_caller: Caller, request: Request) -> Result<Response, Problem> {
    let path = request.uri().path();
    Err(PATHS
        .iter()
        .find(|(pattern, _)| fits(path, pattern))
        .map_or(Problem::UnknownRoute, |(_, methods)| {
            Problem::MethodNotAllowed(methods)
        }))
}

/// Whether `path` is one of `pattern`'s.
fn fits(path: &str, pattern: &str) -> bool {
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
            .find(|(pattern, _)| fits(path, pattern))
            .map(|(_, methods)| *methods)
    }

    #[test]
    fn a_path_of_the_api_is_known_and_no_other() {
        for (path, expected) in [
            ("/customers", Some("GET, POST")),
            ("/customers/7", Some("DELETE, GET, PATCH, PUT")),
            ("/customers/7/restore", Some("POST")),
            ("/permissions", Some("GET")),
            ("/", None),
            ("", None),
            ("/customer", None),
            ("/customers/", None),
            ("/customers/7/restore/x", None),
            ("/customers//restore", None),
            ("/prod/customers", None),
        ] {
            assert_eq!(methods(path), expected, "{path}");
        }
    }
}
