//! Everything behind events: the queue and the bus on a socket, and the loops that call the functions with the table's
//! stream and with the queue.

use std::future::pending;
use std::net::SocketAddr;

use anyhow::{Error, Result};
use aws_types::SdkConfig;
use deliver_webhook::{Schedule, Sender};
use event::Deliveries;
use publish_events::EventBus;
use store::{CustomerStore, History};
use tokio::net::TcpListener;

use super::host::guarded;
use super::part::Part;
use super::{REGION, Webhooks, credentials};
use crate::database::{Engine, endpoint};
use crate::queue::{self, Queue};
use crate::stream::Stream;
use crate::webhooks::{deliver, publish};

/// The queue, and the parts that fill and empty it.
pub(super) struct Events {
    pub(super) queue: Queue,
    /// A client of the queue.
    pub(super) deliveries: Deliveries,
    publish: Part,
    /// None if webhooks go nowhere.
    deliver: Option<Part>,
    serve: Part,
}

impl Events {
    /// Starts all parts. The queue and the bus are served by `listener`.
    pub(super) fn start(
        engine: &Engine,
        store: CustomerStore,
        history: History,
        history_days: u32,
        listener: TcpListener,
        webhooks: Webhooks,
    ) -> Result<Self> {
        let queue = Queue::open(&engine.database, Schedule::QUICK.attempts())?;
        let address = listener.local_addr()?;
        let aws = aws_config(address)?;
        let deliveries = Deliveries::new(aws_sdk_sqs::Client::new(&aws), "deliveries".to_owned());
        let bus = EventBus::new(aws_sdk_eventbridge::Client::new(&aws), "events".to_owned());
        let stream = Stream::open(engine)?;

        let router = guarded(queue::router(queue.clone()), address);
        let serve = Part::start("the queue", |stopped| async move {
            let serving = axum::serve(listener, router);
            Ok(serving.with_graceful_shutdown(stopped).await?)
        });
        let publishing = Part::start("the publishing of events", {
            let services = publish_events::Services {
                history: history.clone(),
                history_days,
                bus,
                deliveries: deliveries.clone(),
            };
            |stopped| publish(stream, services, stopped)
        });
        let delivering = sender(webhooks).map(|sender| {
            let services = deliver_webhook::Services {
                store,
                history,
                deliveries: deliveries.clone(),
                sender,
                schedule: Schedule::QUICK,
            };
            let queue = queue.clone();
            Part::start("the delivery of webhooks", |stopped| {
                deliver(queue, services, stopped)
            })
        });
        Ok(Self {
            queue,
            deliveries,
            publish: publishing,
            deliver: delivering,
            serve,
        })
    }

    /// The parts, in the order in which they are to be stopped.
    pub(super) fn parts(&mut self) -> impl Iterator<Item = &mut Part> {
        [&mut self.publish]
            .into_iter()
            .chain(&mut self.deliver)
            .chain([&mut self.serve])
    }

    /// Returns when a part has ended unexpectedly, with its name and the cause.
    pub(super) async fn failed(&mut self) -> Error {
        let deliver = async {
            match &mut self.deliver {
                Some(part) => part.failed().await,
                None => pending().await,
            }
        };
        tokio::select! {
            error = self.publish.failed() => error,
            error = deliver => error,
            error = self.serve.failed() => error,
        }
    }
}

/// The client for customers' endpoints, if webhooks go anywhere.
fn sender(webhooks: Webhooks) -> Option<Sender> {
    match webhooks {
        Webhooks::Nowhere => None,
        Webhooks::Public => Some(Sender::new(customer::is_public)),
        Webhooks::PublicAndLoopback => {
            customer::allow_loopback_webhooks();
            Some(Sender::new(|address| {
                customer::is_public(address) || customer::is_loopback(address)
            }))
        }
    }
}

/// The configuration of clients for the queue and the bus, which are both at `address`.
fn aws_config(address: SocketAddr) -> Result<SdkConfig> {
    Ok(start::client_config(
        Some(endpoint(address)),
        REGION.to_owned(),
        credentials(),
    )?)
}
