//! A function's settings from its environment, and the database client that they describe.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition};
use store::{CustomerStore, TransientFailure};

use crate::aws::shared_config;
use crate::environment::{credentials, required, variable};
use crate::requests::ShortHeaders;
use crate::tls::TlsError;

/// Where the table is, and how to reach it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The table's name.
    pub table: String,
    /// The table's region.
    pub region: String,
    /// The function's credentials.
    pub credentials: Credentials,
    /// DynamoDB's endpoint, if it is not AWS's own in the region.
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
    /// The settings from the environment variables of Lambda and the AWS SDKs.
    ///
    /// # Errors
    /// [`SettingsError::Missing`]
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::of_table(required("TABLE_NAME")?)
    }

    /// The settings from the environment, for the table of this name.
    ///
    /// # Errors
    /// [`SettingsError::Missing`]
    pub fn of_table(table: String) -> Result<Self, SettingsError> {
        Ok(Self {
            table,
            region: required("AWS_REGION")?,
            credentials: credentials()?,
            endpoint: variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| variable("AWS_ENDPOINT_URL")),
            ca_bundle: variable("AWS_CA_BUNDLE"),
        })
    }

    /// The store that these settings describe.
    ///
    /// An operation makes at most four attempts, with pauses from 50 ms, within the time limits of all clients. A
    /// connection that broke while the environment was frozen costs one attempt.
    ///
    /// # Errors
    /// [`SettingsError`] if the certificates to trust cannot be read.
    pub fn store(self) -> Result<CustomerStore, SettingsError> {
        // Each store has its own retry quota: in tests, several stores share a process.
        let partition = RetryPartition::new(format!("{:?} {}", self.endpoint, self.table));
        let shared = shared_config(self.endpoint, self.region, self.credentials, self.ca_bundle)?;
        let config = aws_sdk_dynamodb::config::Builder::from(&shared)
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(4)
                    .with_initial_backoff(Duration::from_millis(50))
                    .with_max_backoff(Duration::from_secs(1)),
            )
            .retry_partition(partition)
            .retry_classifier(TransientFailure)
            .interceptor(ShortHeaders);
        Ok(CustomerStore::new(Client::from_conf(config.build()), self.table))
    }
}
