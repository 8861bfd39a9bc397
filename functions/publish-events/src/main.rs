//! The binary of the function: starts the handler.

use publish_events::{EventBus, Services};

#[tokio::main(flavor = "local")]
async fn main() -> Result<(), lambda_http::Error> {
    let (client, bus) = start::event_bus()?;
    let services = Services {
        history: start::history()?,
        history_days: start::history_days()?,
        bus: EventBus::new(client, bus),
        deliveries: start::deliveries()?,
    };
    start::run_on_batches(move |records| publish_events::handler(services.clone(), records)).await
}
