//! Receives a customer's webhooks. Run it with WEBHOOK_SECRET=whsec_… cargo run

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

struct Receiver {
    webhook: Webhook,
    received: Mutex<Received>,
}

/// What was received so far. Keep this in your database, and write it together with what an event changes there.
#[derive(Default)]
struct Received {
    ids: HashSet<String>,
    versions: HashMap<String, u64>,
}

impl Received {
    /// Takes each event once, and none that is older than one that was taken.
    fn take(&mut self, id: &str, body: &[u8]) -> Result<(), Box<dyn Error>> {
        if self.ids.contains(id) {
            return Ok(());
        }
        let (customer, version) = id.split_once('.').ok_or("an id without a version")?;
        let known = self.versions.get(customer).copied().unwrap_or(0);
        // A test changes nothing, and has no version in its id.
        let version = match version.starts_with("test-") {
            true => None,
            false => Some(version.parse::<u64>()?),
        };
        if version.is_none_or(|version| version > known) {
            // A GET has no body: read the customer instead.
            let event: Value = match body {
                [] => json!({"type": "GET"}),
                _ => serde_json::from_slice(body)?,
            };
            println!("{} {id}", event["type"].as_str().unwrap_or_default());
        }
        if let Some(version) = version {
            self.versions.insert(customer.to_owned(), version.max(known));
        }
        self.ids.insert(id.to_owned());
        Ok(())
    }
}

async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if receiver.webhook.verify(&body, &headers).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    // A message that verifies has an id.
    let id = headers["webhook-id"].to_str().unwrap_or_default();
    let Ok(mut received) = receiver.received.lock() else {
        return StatusCode::INTERNAL_SERVER_ERROR;
    };
    match received.take(id, &body) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let receiver = Receiver {
        webhook: Webhook::new(&std::env::var("WEBHOOK_SECRET")?)?,
        received: Mutex::default(),
    };
    let app = Router::new().fallback(receive).with_state(Arc::new(receiver));
    let port = std::env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    Ok(axum::serve(listener, app).await?)
}
