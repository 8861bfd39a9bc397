//! Entity tags and the conditions made of them (RFC 9110, sections 8.8.3 and 13.1).
//!
//! A record's tag is its version number. Callers who see masked secrets get another representation, so it has another
//! tag.

use customer::{Fault, FaultCode};
use lambda_http::Request;
use lambda_http::http::HeaderMap;
use lambda_http::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use store::{Precondition, Record};

use crate::caller::Caller;
use crate::problem::Problem;

/// The most tags in a condition: DynamoDB's `IN` takes at most 100 operands.
const MAX_TAGS: usize = 100;

/// The tag of the representation of `record` that `caller` sees.
pub(crate) fn entity_tag(record: &Record, caller: &Caller) -> String {
    format!("\"{}\"", opaque(record, caller))
}

fn opaque(record: &Record, caller: &Caller) -> String {
    let masked = if caller.sees_secrets() { "" } else { "-masked" };
    format!("{}{masked}", record.version)
}

/// The condition in `If-Match`. A weak tag matches no version: `If-Match` uses the strong comparison.
///
/// # Errors
/// [`Problem::Invalid`] if the header is malformed.
pub fn if_match(request: &Request) -> Result<Precondition, Problem> {
    Ok(match condition(request.headers(), IF_MATCH)? {
        None | Some(Condition::Any) => Precondition::None,
        Some(Condition::Tags(tags)) => {
            let mut versions = Vec::new();
            for version in tags.iter().filter(|tag| !tag.weak).filter_map(Tag::version) {
                // A write of one version can be repeated where one of several cannot.
                if !versions.contains(&version) {
                    versions.push(version);
                }
            }
            Precondition::VersionIn(versions)
        }
    })
}

/// The condition in `If-Match`, for an operation that needs one: it must name the versions that the caller has seen.
///
/// # Errors
/// [`Problem::PreconditionRequired`] if there is none or if it is `*`, [`Problem::Invalid`] if the header is malformed.
pub fn required_if_match(request: &Request) -> Result<Precondition, Problem> {
    match if_match(request)? {
        Precondition::None => Err(Problem::PreconditionRequired),
        versions => Ok(versions),
    }
}

/// Whether `If-None-Match` says that the caller already has this representation. It uses the weak comparison.
///
/// # Errors
/// [`Problem::Invalid`] if the header is malformed.
pub fn is_unmodified(request: &Request, record: &Record, caller: &Caller) -> Result<bool, Problem> {
    let current = opaque(record, caller);
    Ok(match condition(request.headers(), IF_NONE_MATCH)? {
        None => false,
        Some(Condition::Any) => true,
        Some(Condition::Tags(tags)) => tags.iter().any(|tag| tag.opaque == current),
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Condition {
    Any,
    Tags(Vec<Tag>),
}

#[derive(Debug, PartialEq, Eq)]
struct Tag {
    weak: bool,
    opaque: String,
}

impl Tag {
    /// The version in this tag, if this service made the tag.
    fn version(&self) -> Option<u64> {
        let version: u64 = self.opaque.parse().ok()?;
        (version.to_string() == self.opaque).then_some(version)
    }
}

fn condition(headers: &HeaderMap, name: HeaderName) -> Result<Option<Condition>, Problem> {
    let lines: Vec<_> = headers
        .get_all(&name)
        .iter()
        .map(|value| value.as_bytes())
        .collect();
    if lines.is_empty() {
        return Ok(None);
    }
    parse(&lines.join(&b", "[..])).map(Some).ok_or_else(|| {
        let detail = format!("{name} must be * or a list of at most {MAX_TAGS} entity tags like \"1\"");
        Problem::Invalid(vec![
            Fault::new(FaultCode::InvalidFormat, detail).at(format!("/{name}")),
        ])
    })
}

/// Parses `"*" / 1#entity-tag`, where list elements may be empty.
fn parse(field: &[u8]) -> Option<Condition> {
    let mut rest = field.trim_ascii();
    if rest == b"*" {
        return Some(Condition::Any);
    }
    let mut tags = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(b",") {
            rest = after.trim_ascii_start();
            continue;
        }
        let weak = rest.starts_with(b"W/");
        let quoted = if weak { rest.get(2..)? } else { rest }.strip_prefix(b"\"")?;
        let end = quoted.iter().position(|byte| *byte == b'"')?;
        let (opaque, after) = quoted.split_at_checked(end)?;
        if !opaque
            .iter()
            .all(|byte| matches!(byte, 0x21..=0x7e | 0x80..=0xff))
            || tags.len() == MAX_TAGS
        {
            return None;
        }
        tags.push(Tag {
            weak,
            opaque: String::from_utf8_lossy(opaque).into_owned(),
        });
        rest = after.strip_prefix(b"\"")?.trim_ascii_start();
        if !rest.is_empty() && !rest.starts_with(b",") {
            return None;
        }
    }
    (!tags.is_empty()).then_some(Condition::Tags(tags))
}

#[cfg(test)]
mod tests {
    use lambda_http::Body;

    use super::*;

    fn precondition(lines: &[&str]) -> Option<Precondition> {
        let mut request = Request::new(Body::Empty);
        for line in lines {
            request.headers_mut().append(IF_MATCH, line.parse().unwrap());
        }
        if_match(&request).ok()
    }

    #[test]
    fn if_match_keeps_versions_and_drops_weak_and_foreign_tags() {
        for (lines, versions) in [
            (&["\"7\""][..], &[7][..]),
            (&["\"7\", \"8\""], &[7, 8]),
            (&["\"7\"", "\"8\""], &[7, 8]),
            (&["\"7\", \"8\", \"7\""], &[7, 8]),
            (&["\"7\", \"7\""], &[7]),
            (&[" , \"7\",,\"8\" ,"], &[7, 8]),
            (&["W/\"7\""], &[]),
            (&["W/\"7\", \"8\""], &[8]),
            (&["\"07\", \"+7\", \"7-masked\", \"a,b\", \"\""], &[]),
            (&["\"99999999999999999999\""], &[]),
        ] {
            assert_eq!(
                precondition(lines),
                Some(Precondition::VersionIn(versions.to_vec())),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn a_star_or_no_header_allows_any_version() {
        assert_eq!(precondition(&[]), Some(Precondition::None));
        assert_eq!(precondition(&["*"]), Some(Precondition::None));
    }

    #[test]
    fn a_required_condition_must_name_a_version() {
        let mut request = Request::new(Body::Empty);
        let status =
            |request: &Request| required_if_match(request).map_err(|problem| problem.status().as_u16());
        assert_eq!(status(&request), Err(428));
        request.headers_mut().insert(IF_MATCH, "*".parse().unwrap());
        assert_eq!(status(&request), Err(428));
        request.headers_mut().insert(IF_MATCH, "7".parse().unwrap());
        assert_eq!(status(&request), Err(400));
        request.headers_mut().insert(IF_MATCH, "\"7\"".parse().unwrap());
        assert_eq!(status(&request), Ok(Precondition::VersionIn(vec![7])));
    }

    #[test]
    fn a_malformed_condition_is_refused_and_not_ignored() {
        for line in [
            "",
            ",",
            "7",
            "\"7",
            "7\"",
            "\"7\" \"8\"",
            "w/\"7\"",
            "W/7",
            "*, \"7\"",
            "\"a b\"",
            "\"7\"x",
        ] {
            assert_eq!(precondition(&[line]), None, "{line}");
        }
    }

    #[test]
    fn at_most_100_tags_are_accepted() {
        let list = |count| vec!["\"1\""; count].join(",");
        assert!(precondition(&[&list(100)]).is_some());
        assert_eq!(precondition(&[&list(101)]), None);
    }
}
