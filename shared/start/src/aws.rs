//! What all clients of AWS have in common, and the clients for SQS and EventBridge.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, IdentityCache, Region, SharedCredentialsProvider,
    StalledStreamProtectionConfig,
};
use aws_types::SdkConfig;
use event::Deliveries;

use crate::environment::{credentials, required, variable};
use crate::requests::ShortHeaders;
use crate::settings::SettingsError;
use crate::tls::http_client;

/// The queue of deliveries, whose URL is in `DELIVERIES_QUEUE`.
///
/// # Errors
/// A sentence that says which setting is missing or wrong.
pub fn deliveries() -> Result<Deliveries, lambda_http::Error> {
    let config = config("AWS_ENDPOINT_URL_SQS").map_err(sentence)?;
    let config = aws_sdk_sqs::config::Builder::from(&config).interceptor(ShortHeaders);
    Ok(Deliveries::new(
        aws_sdk_sqs::Client::from_conf(config.build()),
        required("DELIVERIES_QUEUE").map_err(sentence)?,
    ))
}

/// EventBridge, and the name of the bus in it, which is in `EVENT_BUS`.
///
/// # Errors
/// A sentence that says which setting is missing or wrong.
pub fn event_bus() -> Result<(aws_sdk_eventbridge::Client, String), lambda_http::Error> {
    let config = config("AWS_ENDPOINT_URL_EVENTBRIDGE").map_err(sentence)?;
    let config = aws_sdk_eventbridge::config::Builder::from(&config).interceptor(ShortHeaders);
    let client = aws_sdk_eventbridge::Client::from_conf(config.build());
    Ok((client, required("EVENT_BUS").map_err(sentence)?))
}

/// As text, because Lambda logs the `Debug` of an error, and people should read a sentence.
fn sentence(error: SettingsError) -> String {
    error.to_string()
}

/// The configuration of a client from the environment. The variable `endpoint` has the service's address if it is not
/// AWS's own.
fn config(endpoint: &str) -> Result<SdkConfig, SettingsError> {
    let endpoint = variable(endpoint).or_else(|| variable("AWS_ENDPOINT_URL"));
    client_config(endpoint, required("AWS_REGION")?, credentials()?)
}

/// The configuration of a client with these settings.
///
/// # Errors
/// If the certificates to trust cannot be read.
pub fn client_config(
    endpoint: Option<String>,
    region: String,
    credentials: Credentials,
) -> Result<SdkConfig, SettingsError> {
    shared_config(endpoint, region, credentials, variable("AWS_CA_BUNDLE"))
}

/// What the configurations of all clients have in common: an attempt takes at most 2 seconds, of which connecting takes at
/// most 1, and an operation with all its attempts at most 8.
pub(crate) fn shared_config(
    endpoint: Option<String>,
    region: String,
    credentials: Credentials,
    ca_bundle: Option<String>,
) -> Result<SdkConfig, SettingsError> {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client(endpoint.as_deref(), ca_bundle)?)
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        // Neither is needed, and both cost time: the credentials live as long as the environment, and answers are
        // small and have time limits.
        .identity_cache(IdentityCache::no_cache())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(50)))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(1))
                .operation_attempt_timeout(Duration::from_secs(2))
                .operation_timeout(Duration::from_secs(8))
                .build(),
        );
    config.set_endpoint_url(endpoint);
    Ok(config.build())
}
