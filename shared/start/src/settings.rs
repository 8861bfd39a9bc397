//! A function's settings, from its environment, and the connection to the database that they describe.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, IdentityCache, Region, StalledStreamProtectionConfig,
};
use store::{CustomerStore, TransientFailure};

use crate::environment::variable;
use crate::tls::{TlsError, http_client};

fn required(name: &'static str) -> Result<String, SettingsError> {
    variable(name).ok_or(SettingsError::Missing(name))
}

/// Where the table is and how to get there.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The table's name.
    pub table: String,
    /// The table's region.
    pub region: String,
    /// The function's credentials.
    pub credentials: Credentials,
    /// Where DynamoDB answers, if not at AWS's own endpoint of the region.
    pub endpoint: Option<String>,
    /// A PEM file with the only certificates to trust.
    pub ca_bundle: Option<String>,
}

/// A setting that is missing or wrong.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// An environment variable is not set.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// The certificates to trust cannot be used.
    #[error(transparent)]
    Trust(#[from] TlsError),
}

impl Settings {
    /// The settings in the environment, named as Lambda and the AWS SDKs name them.
    ///
    /// # Errors
    /// [`SettingsError::Missing`]
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::of_table(required("TABLE_NAME")?)
    }

    /// The settings in the environment for the table of this name.
    ///
    /// # Errors
    /// [`SettingsError::Missing`]
    pub fn of_table(table: String) -> Result<Self, SettingsError> {
        Ok(Self {
            table,
            region: required("AWS_REGION")?,
            credentials: Credentials::new(
                required("AWS_ACCESS_KEY_ID")?,
                required("AWS_SECRET_ACCESS_KEY")?,
                variable("AWS_SESSION_TOKEN"),
                None,
                "environment",
            ),
            endpoint: variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| variable("AWS_ENDPOINT_URL")),
            ca_bundle: variable("AWS_CA_BUNDLE"),
        })
    }

    /// The store there.
    ///
    /// An operation ends within 8 seconds, well or badly: attempts of at most 2 seconds with at most 1 second to
    /// connect, four of them at most, with pauses of 50 ms and more. A connection that died while the
    /// environment was frozen costs one attempt.
    ///
    /// # Errors
    /// [`SettingsError`] if the certificates to trust cannot be read.
    pub fn store(self) -> Result<CustomerStore, SettingsError> {
        let mut config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http_client(self.endpoint.as_deref(), self.ca_bundle)?)
            .region(Region::new(self.region))
            .credentials_provider(self.credentials)
            // The credentials live as long as the environment, and answers are small and have time limits: what
            // would renew the ones and watch over the others only costs.
            .identity_cache(IdentityCache::no_cache())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(4)
                    .with_initial_backoff(Duration::from_millis(50))
                    .with_max_backoff(Duration::from_secs(1)),
            )
            // Stores of one process, as tests have them, do not use up each other's quota of retries.
            .retry_partition(RetryPartition::new(format!("{:?} {}", self.endpoint, self.table)))
            .retry_classifier(TransientFailure)
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(1))
                    .operation_attempt_timeout(Duration::from_secs(2))
                    .operation_timeout(Duration::from_secs(8))
                    .build(),
            );
        config.set_endpoint_url(self.endpoint);
        Ok(CustomerStore::new(Client::from_conf(config.build()), self.table))
    }
}
