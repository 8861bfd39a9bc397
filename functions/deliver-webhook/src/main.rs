//! The binary of the function: starts the handler.

use deliver_webhook::{Schedule, Sender, Services};

#[tokio::main(flavor = "local")]
async fn main() -> Result<(), lambda_http::Error> {
    let store = start::store().await?;
    let services = Services {
        history: start::history_of(&store)?,
        store,
        deliveries: start::deliveries()?,
        sender: Sender::new(customer::is_public),
        schedule: Schedule::STANDARD,
    };
    start::run_on_batches(move |messages| deliver_webhook::handler(services.clone(), messages)).await
}
