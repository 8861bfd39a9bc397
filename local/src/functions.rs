//! The handlers, by the names of their binaries.

use std::pin::Pin;

use api::{Caller, Problem, Response};
use event::Deliveries;
use lambda_http::Request;
use store::{CustomerStore, History};

/// What the handlers use.
#[derive(Clone)]
pub struct Services {
    /// The customers.
    pub store: CustomerStore,
    /// Their history.
    pub history: History,
    /// The queue.
    pub deliveries: Deliveries,
}

/// A running call of a handler.
pub type Call = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;

/// A deployed handler.
pub type Handler = fn(Services, Caller, Request) -> Call;

/// Every function that answers HTTP.
pub const FUNCTIONS: [(&str, Handler); 14] = [
    ("create-customer", |services, caller, request| {
        Box::pin(create_customer::handler(services.store, caller, request))
    }),
    ("delete-customer", |services, caller, request| {
        Box::pin(delete_customer::handler(services.store, caller, request))
    }),
    ("erase-customer", |services, caller, request| {
        Box::pin(erase_customer::handler(
            services.store,
            services.history,
            caller,
            request,
        ))
    }),
    ("get-customer", |services, caller, request| {
        Box::pin(get_customer::handler(services.store, caller, request))
    }),
    ("get-webhook", |services, caller, request| {
        Box::pin(get_webhook::handler(services.store, caller, request))
    }),
    ("list-customers", |services, caller, request| {
        Box::pin(list_customers::handler(services.store, caller, request))
    }),
    ("list-events", |services, caller, request| {
        Box::pin(list_events::handler(
            services.store,
            services.history,
            caller,
            request,
        ))
    }),
    ("list-permissions", |_, caller, request| {
        Box::pin(list_permissions::handler(caller, request))
    }),
    ("redeliver-event", |services, caller, request| {
        Box::pin(redeliver_event::handler(
            services.store,
            services.history,
            services.deliveries,
            caller,
            request,
        ))
    }),
    ("restore-customer", |services, caller, request| {
        Box::pin(restore_customer::handler(services.store, caller, request))
    }),
    ("rotate-webhook-secret", |services, caller, request| {
        Box::pin(rotate_webhook_secret::handler(services.store, caller, request))
    }),
    ("test-webhook", |services, caller, request| {
        Box::pin(test_webhook::handler(
            services.store,
            services.deliveries,
            caller,
            request,
        ))
    }),
    ("unknown-route", |_, caller, request| {
        Box::pin(unknown_route::handler(caller, request))
    }),
    ("update-customer", |services, caller, request| {
        Box::pin(update_customer::handler(services.store, caller, request))
    }),
];

/// The handler in the binary of this name.
pub fn handler(binary: &str) -> Option<Handler> {
    FUNCTIONS
        .iter()
        .find(|(name, _)| *name == binary)
        .map(|(_, handler)| *handler)
}
