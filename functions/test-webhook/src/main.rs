//! The binary of the function: starts the handler.

#[tokio::main(flavor = "local")]
async fn main() -> Result<(), lambda_http::Error> {
    let deliveries = start::deliveries()?;
    start::run_with_store(move |store, caller, request| {
        test_webhook::handler(store, deliveries.clone(), caller, request)
    })
    .await
}
