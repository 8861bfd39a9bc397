//! The binary of the function: starts the handler.

#[tokio::main(flavor = "local")]
async fn main() -> Result<(), lambda_http::Error> {
    start::run_with_store(get_customer::handler).await
}
