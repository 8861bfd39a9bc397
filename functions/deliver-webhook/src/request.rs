use customer::{Customer, Timestamp};
use event::{Delivery, signature};
use store::Endpoint;

/// A request to a customer's endpoint. It has no `Debug`, so that no log contains a customer's data.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) uri: String,
    /// Header fields: names and values.
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// The request that delivers an event, signed by every secret of the endpoint (Standard Webhooks 1.0). A GET carries no
/// body, so its signature covers an empty one.
pub(crate) fn request(delivery: &Delivery, endpoint: &Endpoint, now: Timestamp) -> Request {
    let Customer {
        webhook_method,
        webhook_uri,
        ..
    } = &endpoint.record.customer;
    let body = match webhook_method.as_str() {
        "GET" => String::new(),
        _ => delivery.event.get().to_owned(),
    };
    let timestamp = now.seconds();
    let secrets = endpoint.webhook.signing(now);
    let mut fields = vec![
        (
            "user-agent",
            concat!("customer-registry/", env!("CARGO_PKG_VERSION")).to_owned(),
        ),
        ("webhook-id", delivery.id.clone()),
        ("webhook-timestamp", timestamp.to_string()),
        (
            "webhook-signature",
            signature(secrets, &delivery.id, timestamp, &body),
        ),
    ];
    if !body.is_empty() {
        fields.push(("content-type", "application/json".to_owned()));
    }
    Request {
        method: webhook_method.as_str().to_owned(),
        uri: webhook_uri.as_str().to_owned(),
        fields,
        body,
    }
}
