//! What records look like to a caller, and the successful answers made of them.

use std::fmt::Display;

use lambda_http::Body;
use lambda_http::http::header::{CONTENT_TYPE, ETAG, HeaderName, LOCATION};
use lambda_http::http::{HeaderValue, StatusCode};
use serde::{Serialize, Serializer};

use super::entity_tag::entity_tag;
use super::log_line::CustomerEvent;
use super::{Problem, Response};
use crate::caller::Caller;
use crate::customer::{Customer, CustomerId, Timestamp};
use crate::permission::{Permission, PermissionId};
use crate::store::{Created, Page, Record};

/// 200 with the customer.
///
/// # Errors
/// [`Problem::Internal`] if it cannot be written.
pub fn customer(record: &Record, caller: &Caller) -> Result<Response, Problem> {
    let mut response = json(&Representation::of(&record.customer, caller))?;
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
        response.extensions_mut().insert(CustomerEvent::Created);
    }
    Ok(response)
}

/// 200 with the customer that is deleted, whether `now` or before.
///
/// # Errors
/// [`Problem::Internal`] if it cannot be written.
pub fn deleted(record: &Record, now: Timestamp, caller: &Caller) -> Result<Response, Problem> {
    let mut response = customer(record, caller)?;
    if record.customer.tm_delete == Some(now) {
        response.extensions_mut().insert(CustomerEvent::Deleted);
    }
    Ok(response)
}

/// 200 with the customer that was restored.
///
/// # Errors
/// [`Problem::Internal`] if it cannot be written.
pub fn restored(record: &Record, caller: &Caller) -> Result<Response, Problem> {
    let mut response = customer(record, caller)?;
    response.extensions_mut().insert(CustomerEvent::Restored);
    Ok(response)
}

/// 304 for a caller who has this representation of the customer already.
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
            .map(|record| Representation::of(&record.customer, caller))
            .collect(),
        next_page_token: page.next.as_ref().map(|token| token.encode()).unwrap_or_default(),
    })?;
    if page.damaged > 0 {
        response
            .extensions_mut()
            .insert(CustomerEvent::Damaged(page.damaged));
    }
    Ok(response)
}

/// 200 with the permission catalogue.
///
/// # Errors
/// [`Problem::Internal`] if it cannot be written.
pub fn permissions(catalogue: &[Permission]) -> Result<Response, Problem> {
    json(&List {
        result: catalogue.iter().map(PermissionRepresentation::of).collect(),
        next_page_token: String::new(),
    })
}

/// The customer as it is written to a file that moves it elsewhere: secrets in clear.
pub fn in_clear(customer: &Customer) -> impl Serialize + '_ {
    Representation::new(customer, true)
}

fn json(body: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_string(body).map_err(|error| Problem::Internal(error.into()))?;
    let mut response = Response::new(Body::Text(body));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// Sets a field to a value made of ids, numbers and paths; one that is no field value is left out.
fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[derive(Serialize)]
struct List<T> {
    result: Vec<T>,
    next_page_token: String,
}

/// The 12 fields of the reference page, always all present, in its order.
#[derive(Serialize)]
struct Representation<'a> {
    #[serde(serialize_with = "text")]
    id: CustomerId,
    username: &'a str,
    name: &'a str,
    detail: &'a str,
    webhook_method: &'a str,
    webhook_uri: &'a str,
    line_secret: &'a str,
    line_token: &'a str,
    #[serde(serialize_with = "texts")]
    permission_ids: &'a [PermissionId],
    #[serde(serialize_with = "text")]
    tm_create: Timestamp,
    #[serde(serialize_with = "text")]
    tm_update: Timestamp,
    #[serde(serialize_with = "moment")]
    tm_delete: Option<Timestamp>,
}

impl<'a> Representation<'a> {
    fn of(customer: &'a Customer, caller: &Caller) -> Self {
        Self::new(customer, caller.sees_secrets())
    }

    fn new(customer: &'a Customer, clear: bool) -> Self {
        let (secret, token) = (&customer.line_secret, &customer.line_token);
        Self {
            id: customer.id,
            username: customer.username.as_str(),
            name: customer.name.as_str(),
            detail: customer.detail.as_str(),
            webhook_method: customer.webhook_method.as_str(),
            webhook_uri: customer.webhook_uri.as_str(),
            line_secret: if clear { secret.expose() } else { secret.masked() },
            line_token: if clear { token.expose() } else { token.masked() },
            permission_ids: &customer.permission_ids,
            tm_create: customer.tm_create,
            tm_update: customer.tm_update,
            tm_delete: customer.tm_delete,
        }
    }
}

#[derive(Serialize)]
struct PermissionRepresentation<'a> {
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

impl<'a> PermissionRepresentation<'a> {
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

fn texts<S: Serializer>(values: &&[impl Display], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(ToString::to_string))
}

fn moment<S: Serializer>(value: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(moment) => text(moment, serializer),
        None => serializer.serialize_str(Timestamp::NEVER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::NewCustomer;

    #[test]
    fn a_customer_has_the_12_fields_of_the_reference_page_in_its_order() {
        let new = NewCustomer::from_json(br#"{"username":"a"}"#).unwrap();
        let now = Timestamp::parse("2026-01-02 03:04:05.000006").unwrap();
        let customer = Customer::register(new, now);
        let id = customer.id;
        let claims = crate::caller::Claims::of_plain_token("operator").unwrap();
        let authorizer = super::super::Authorizer {
            jwt: Some(super::super::event::Jwt { claims }),
        };
        let caller = Caller::identify(
            crate::caller::IdentitySource::Authorizer,
            Some(&authorizer),
            &lambda_http::http::HeaderMap::new(),
        )
        .unwrap();
        assert_eq!(
            serde_json::to_string(&Representation::of(&customer, &caller)).unwrap(),
            format!(
                concat!(
                    r#"{{"id":"{}","username":"a","name":"","detail":"","webhook_method":"POST","webhook_uri":"","#,
                    r#""line_secret":"","line_token":"","permission_ids":[],"tm_create":"2026-01-02 03:04:05.000006","#,
                    r#""tm_update":"2026-01-02 03:04:05.000006","tm_delete":"9999-01-01 00:00:00.000000"}}"#
                ),
                id
            )
        );
    }
}
