//! Successful answers, and how a caller sees records in them.

use std::fmt::Display;

use customer::{Customer, Permission, PermissionId, Timestamp, WrittenCustomer};
use lambda_http::Body;
use lambda_http::http::header::{CONTENT_TYPE, ETAG, HeaderName, LOCATION};
use lambda_http::http::{HeaderValue, StatusCode};
use serde::{Serialize, Serializer};
use store::{Created, Page, Record};

use crate::caller::Caller;
use crate::entity_tag::entity_tag;
use crate::log_line::CustomerMetric;
use crate::problem::Problem;
use crate::response::Response;

/// 200 with the customer.
///
/// # Errors
/// [`Problem::Internal`] if it cannot be written.
pub fn customer(record: &Record, caller: &Caller) -> Result<Response, Problem> {
    let mut response = json(&shown(&record.customer, caller))?;
    set(&mut response, ETAG, &entity_tag(record, caller));
    Ok(response)
}

/// 201 with the new customer and, in `Location`, its path below `collection`.
///
/// # Errors
/// [`Problem::Internal`] if it cannot be written.
pub fn created(created: &Created, collection: &str, caller: &Caller) -> Result<Response, Problem> {
    let mut response = customer(&created.record, caller)?;
    *response.status_mut() = StatusCode::CREATED;
    let location = format!(
        "{}/{}",
        collection.trim_end_matches('/'),
        created.record.customer.id
    );
    set(&mut response, LOCATION, &location);
    if created.replayed {
        set(
            &mut response,
            HeaderName::from_static("idempotent-replayed"),
            "true",
        );
    } else {
        response.extensions_mut().insert(CustomerMetric::Created);
    }
    Ok(response)
}

/// 200 with the deleted customer. The call counts as a deletion if the customer was deleted at `now`, and not earlier.
///
/// # Errors
/// [`Problem::Internal`] if it cannot be written.
pub fn deleted(record: &Record, now: Timestamp, caller: &Caller) -> Result<Response, Problem> {
    let mut response = customer(record, caller)?;
    if record.customer.tm_delete == Some(now) {
        response.extensions_mut().insert(CustomerMetric::Deleted);
    }
    Ok(response)
}

/// 200 with the customer that was restored.
///
/// # Errors
/// [`Problem::Internal`] if it cannot be written.
pub fn restored(record: &Record, caller: &Caller) -> Result<Response, Problem> {
    let mut response = customer(record, caller)?;
    response.extensions_mut().insert(CustomerMetric::Restored);
    Ok(response)
}

/// 304 for a caller who already has this representation of the customer.
pub fn not_modified(record: &Record, caller: &Caller) -> Response {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    set(&mut response, ETAG, &entity_tag(record, caller));
    response
}

/// 200 with a page of customers.
///
/// # Errors
/// [`Problem::Internal`] if it cannot be written.
pub fn customers(page: &Page, caller: &Caller) -> Result<Response, Problem> {
    let mut response = json(&List {
        result: page
            .records
            .iter()
            .map(|record| shown(&record.customer, caller))
            .collect(),
        next_page_token: page.next.as_ref().map(|token| token.encode()).unwrap_or_default(),
    })?;
    if page.damaged > 0 {
        response
            .extensions_mut()
            .insert(CustomerMetric::Damaged(page.damaged));
    }
    Ok(response)
}

/// 200 with the permission catalogue.
///
/// # Errors
/// [`Problem::Internal`] if it cannot be written.
pub fn permissions(catalogue: &[Permission]) -> Result<Response, Problem> {
    json(&List {
        result: catalogue.iter().map(WrittenPermission::of).collect(),
        next_page_token: String::new(),
    })
}

/// The customer as the caller may see it.
fn shown<'a>(customer: &'a Customer, caller: &Caller) -> WrittenCustomer<'a> {
    if caller.sees_secrets() {
        customer.in_clear()
    } else {
        customer.masked()
    }
}

pub(crate) fn json(body: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_string(body)?;
    let mut response = Response::new(Body::Text(body));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// Sets a header field. The values are made of ids, numbers and paths; an invalid one is left out.
fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[derive(Serialize)]
pub(crate) struct List<T> {
    pub(crate) result: Vec<T>,
    pub(crate) next_page_token: String,
}

#[derive(Serialize)]
struct WrittenPermission<'a> {
    #[serde(serialize_with = "text")]
    id: PermissionId,
    name: &'a str,
    detail: &'a str,
    #[serde(serialize_with = "text")]
    tm_create: Timestamp,
    #[serde(serialize_with = "text")]
    tm_update: Timestamp,
    tm_delete: &'static str,
}

impl<'a> WrittenPermission<'a> {
    fn of(permission: &'a Permission) -> Self {
        Self {
            id: permission.id,
            name: &permission.name,
            detail: &permission.detail,
            tm_create: permission.tm_create,
            tm_update: permission.tm_update,
            tm_delete: Timestamp::NEVER,
        }
    }
}

fn text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
