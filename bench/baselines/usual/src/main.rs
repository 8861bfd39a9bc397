//! The usual way to get a customer: every library with its defaults.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::{Body, Error, Request, RequestExt, Response, run, service_fn, tracing};
use serde::{Deserialize, Serialize};

/// A customer, both as stored and as returned.
#[derive(Deserialize, Serialize)]
struct Customer {
    id: String,
    username: String,
    name: String,
    detail: String,
    webhook_method: String,
    webhook_uri: String,
    line_secret: String,
    line_token: String,
    permission_ids: Vec<String>,
    tm_create: String,
    tm_update: String,
    tm_delete: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = Client::new(&config);
    let table = std::env::var("TABLE_NAME")?;
    run(service_fn(|request| get_customer(&client, &table, request))).await
}

async fn get_customer(client: &Client, table: &str, request: Request) -> Result<Response<Body>, Error> {
    let parameters = request.path_parameters();
    let id = parameters.first("id").ok_or("the path has no id")?;
    let output = client
        .get_item()
        .table_name(table)
        .key("pk", AttributeValue::S(format!("customer#{id}")))
        .consistent_read(true)
        .send()
        .await?;
    let Some(item) = output.item else {
        return Ok(Response::builder().status(404).body(Body::Empty)?);
    };
    let customer: Customer = serde_dynamo::from_item(item)?;
    Ok(Response::builder()
        .header("content-type", "application/json")
        .body(Body::from(serde_json::to_string(&customer)?))?)
}
