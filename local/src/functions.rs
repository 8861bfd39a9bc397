//! The handlers, by the names of their binaries.

use std::pin::Pin;

use api::{Caller, Problem, Response};
use lambda_http::Request;
use store::CustomerStore;

/// A running call of a handler.
pub type Call = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;

/// A deployed handler.
pub type Handler = fn(CustomerStore, Caller, Request) -> Call;

/// Every function of the workspace.
pub const FUNCTIONS: [(&str, Handler); 8] = [
    ("create-customer", |store, caller, request| {
        Box::pin(create_customer::handler(store, caller, request))
    }),
    ("delete-customer", |store, caller, request| {
        Box::pin(delete_customer::handler(store, caller, request))
    }),
    ("get-customer", |store, caller, request| {
        Box::pin(get_customer::handler(store, caller, request))
    }),
    ("list-customers", |store, caller, request| {
        Box::pin(list_customers::handler(store, caller, request))
    }),
    ("list-permissions", |_, caller, request| {
        Box::pin(list_permissions::handler(caller, request))
    }),
    ("restore-customer", |store, caller, request| {
        Box::pin(restore_customer::handler(store, caller, request))
    }),
    ("unknown-route", |_, caller, request| {
        Box::pin(unknown_route::handler(caller, request))
    }),
    ("update-customer", |store, caller, request| {
        Box::pin(update_customer::handler(store, caller, request))
    }),
];

/// The handler in the binary of this name.
pub fn handler(binary: &str) -> Option<Handler> {
    FUNCTIONS
        .iter()
        .find(|(name, _)| *name == binary)
        .map(|(_, handler)| *handler)
}
