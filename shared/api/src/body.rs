use customer::{Fault, FaultAt, FaultCode};
use lambda_http::Request;
use lambda_http::http::header::CONTENT_TYPE;

use crate::problem::Problem;

/// The most bytes that a body can have: 256 KiB.
pub(crate) const MAX_BODY: usize = 256 * 1024;

/// The request's body, read by `parse`.
///
/// # Errors
/// [`Problem::UnsupportedMediaType`], [`Problem::BodyTooLarge`], or [`Problem::Invalid`] with every fault.
pub fn body<T>(
    request: &Request,
    parse: impl FnOnce(&[u8]) -> Result<T, Vec<FaultAt>>,
) -> Result<T, Problem> {
    let bytes: &[u8] = request.body().as_ref();
    if bytes.len() > MAX_BODY {
        return Err(Problem::BodyTooLarge);
    }
    if bytes.is_empty() {
        let empty = Fault::new(FaultCode::Required, "the request needs a JSON object as its body");
        return Err(Problem::Invalid(vec![empty.at("")]));
    }
    if !is_json(request) {
        return Err(Problem::UnsupportedMediaType);
    }
    parse(bytes).map_err(Problem::Invalid)
}

/// Whether the content type is `application/json` or has the suffix `+json` (RFC 6839).
fn is_json(request: &Request) -> bool {
    let Some(Ok(media_type)) = request.headers().get(CONTENT_TYPE).map(|value| value.to_str()) else {
        return false;
    };
    let essence = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use lambda_http::Body;

    use super::*;

    fn status(content_type: Option<&str>, bytes: Vec<u8>) -> u16 {
        let mut request = Request::new(Body::Binary(bytes));
        if let Some(content_type) = content_type {
            request
                .headers_mut()
                .insert(CONTENT_TYPE, content_type.parse().unwrap());
        }
        body(&request, |_| Ok(())).map_or_else(|problem| problem.status().as_u16(), |()| 200)
    }

    #[test]
    fn only_json_content_types_are_accepted() {
        for (content_type, expected) in [
            (Some("application/json"), 200),
            (Some("Application/JSON; charset=utf-8"), 200),
            (Some("application/merge-patch+json"), 200),
            (Some("application/x-www-form-urlencoded"), 415),
            (Some("text/json"), 415),
            (Some("application/jsonp"), 415),
            (Some(""), 415),
            (None, 415),
        ] {
            assert_eq!(status(content_type, b"{}".to_vec()), expected, "{content_type:?}");
        }
    }

    #[test]
    fn a_body_is_at_most_256_kib() {
        assert_eq!(status(Some("application/json"), vec![b' '; MAX_BODY]), 200);
        assert_eq!(status(Some("application/json"), vec![b' '; MAX_BODY + 1]), 413);
    }

    #[test]
    fn a_request_without_a_body_is_invalid_whatever_its_content_type() {
        assert_eq!(status(None, Vec::new()), 400);
    }
}
