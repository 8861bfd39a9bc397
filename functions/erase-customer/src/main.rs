//! The binary of the function: starts the handler.

#[tokio::main(flavor = "local")]
async fn main() -> Result<(), lambda_http::Error> {
    start::run_with_history(erase_customer::handler).await
}
