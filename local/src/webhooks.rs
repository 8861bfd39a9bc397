//! Lambda's event source mappings: calls the deployed handlers with the stream and with the queue.

use std::time::Duration;

use anyhow::{Context, Result};
use deliver_webhook::{Messages, Services};
use publish_events::Records;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::queue::{Message, Queue};
use crate::stream::{INTERVAL, Stream};

/// The most deliveries in progress at the same time.
const MAX_DELIVERIES: usize = 64;

/// The pause before records that failed are read again.
const PAUSE: Duration = Duration::from_secs(1);

/// Publishes each write, until it is stopped.
///
/// # Errors
/// If the database fails.
pub async fn publish(
    mut stream: Stream,
    services: publish_events::Services,
    stopped: impl Future<Output = ()>,
) -> Result<()> {
    tokio::pin!(stopped);
    let mut pause = INTERVAL;
    loop {
        tokio::select! {
            () = &mut stopped => return Ok(()),
            () = sleep(pause) => {}
        }
        pause = INTERVAL;
        while let Some(event) = stream.next()? {
            let records: Records = read(&event)?;
            let batch = publish_events::handler(services.clone(), records).await;
            let first_failed = batch.failed().next();
            stream.advance(&event, first_failed)?;
            if first_failed.is_some() {
                pause = PAUSE;
                break;
            }
        }
    }
}

/// Delivers the queue's messages, until it is stopped. Deliveries that are then in progress are made again after the next
/// start.
///
/// # Errors
/// If the database fails.
pub async fn deliver(queue: Queue, services: Services, stopped: impl Future<Output = ()>) -> Result<()> {
    tokio::pin!(stopped);
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut stopped => return Ok(()),
            message = queue.receive(), if under_way.len() < MAX_DELIVERIES => {
                under_way.spawn(deliver_one(queue.clone(), services.clone(), message?));
            }
            Some(done) = under_way.join_next() => done.context("a delivery panicked")??,
        }
    }
}

async fn deliver_one(queue: Queue, services: Services, message: Message) -> Result<()> {
    let messages: Messages = read(&message.to_event())?;
    let batch = deliver_webhook::handler(services, messages).await;
    match batch.failed().next() {
        None => queue.remove(&message.id),
        Some(_) => {
            queue.release(&message.id);
            Ok(())
        }
    }
}

/// Parses an event from its text, as the function does, because some of its types keep raw text.
fn read<T: serde::de::DeserializeOwned>(event: &Value) -> Result<T> {
    serde_json::from_str(&event.to_string()).context("a function cannot read its event")
}
