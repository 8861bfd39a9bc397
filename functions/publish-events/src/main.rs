//! The binary of the function: starts the handler.

use publish_events::EventBus;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (client, name) = start::event_bus()?;
    let bus = EventBus::new(client, name);
    let deliveries = start::deliveries()?;
    start::run_on_batches(|records| publish_events::handler(bus.clone(), deliveries.clone(), records)).await
}
