//! The binary of the function: starts the handler.

#[tokio::main(flavor = "local")]
async fn main() -> Result<(), lambda_http::Error> {
    let deliveries = start::deliveries()?;
    start::run_with_history(move |store, history, caller, request| {
        redeliver_event::handler(store, history, deliveries.clone(), caller, request)
    })
    .await
}
