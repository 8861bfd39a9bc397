//! A function's settings, from its environment, and the connection to the database that they describe.

use std::sync::OnceLock;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, IdentityCache, Region, SharedHttpClient, StalledStreamProtectionConfig,
};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};

use super::setting;
use crate::store::{CustomerStore, PassingFailure};

fn required(name: &'static str) -> Result<String, SettingsError> {
    setting(name).ok_or(SettingsError::Missing(name))
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
    /// The file that `AWS_CA_BUNDLE` names cannot be read.
    #[error("cannot read AWS_CA_BUNDLE {path}")]
    CaBundle {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The certificates cannot be used.
    #[error("cannot use the certificates to trust: {0}")]
    Trust(String),
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
                setting("AWS_SESSION_TOKEN"),
                None,
                "environment",
            ),
            endpoint: setting("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| setting("AWS_ENDPOINT_URL")),
            ca_bundle: setting("AWS_CA_BUNDLE"),
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
            .retry_classifier(PassingFailure)
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

/// The roots that sign every AWS endpoint: Amazon's four, and Starfield's for old chains. Parsing these costs
/// almost nothing; parsing a platform's whole store costs milliseconds of CPU at every start.
const AMAZON_ROOTS: &[u8] = include_bytes!("../../amazon-roots.pem");

/// An HTTP client that trusts the certificates of `AWS_CA_BUNDLE` alone where that is set; else Amazon's roots for
/// AWS's own endpoints; else, for another host, the platform's store.
fn http_client(endpoint: Option<&str>, ca_bundle: Option<String>) -> Result<SharedHttpClient, SettingsError> {
    if endpoint.is_some_and(|url| url.starts_with("http://")) {
        return Ok(Builder::new().build_http());
    }
    let trust = match (ca_bundle, endpoint) {
        (Some(path), _) => {
            let bundle = std::fs::read(&path).map_err(|source| SettingsError::CaBundle { path, source })?;
            TrustStore::empty().with_pem_certificate(bundle)
        }
        (None, Some(url)) if !is_aws(url) => TrustStore::default(),
        _ => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
    };
    let tls = TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .map_err(|error| SettingsError::Trust(error.to_string()))?;
    // One connector, made at the first call. A client of `build_https` makes another one before, when the SDK checks
    // its configuration, and throws it away with the certificates it has read.
    let connector = OnceLock::new();
    Ok(http_client_fn(move |settings, components| {
        let connector = connector.get_or_init(|| {
            let mut builder = Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(tls.clone())
                .connector_settings(settings.clone());
            builder.set_sleep_impl(components.sleep_impl());
            SharedHttpConnector::new(builder.build())
        });
        connector.clone()
    }))
}

/// Whether a URL's host is one of AWS's own.
fn is_aws(url: &str) -> bool {
    let host = url::Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_ascii_lowercase));
    host.is_some_and(|host| {
        [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"]
            .iter()
            .any(|suffix| host.ends_with(suffix))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_awss_own_hosts_are_aws() {
        for url in [
            "https://dynamodb.eu-central-1.amazonaws.com",
            "https://vpce-0a1b-2c3d.dynamodb.eu-central-1.vpce.amazonaws.com/",
            "https://dynamodb.cn-north-1.amazonaws.com.cn",
            "https://dynamodb.eu-central-1.api.aws",
        ] {
            assert!(is_aws(url), "{url}");
        }
        for url in [
            "https://amazonaws.com.example",
            "https://xamazonaws.com",
            "https://localhost:8000",
            "nonsense",
        ] {
            assert!(!is_aws(url), "{url}");
        }
    }

    #[test]
    fn the_amazon_roots_are_certificates_that_the_client_takes() {
        assert!(http_client(None, None).is_ok());
        let count = String::from_utf8_lossy(AMAZON_ROOTS)
            .matches("BEGIN CERTIFICATE")
            .count();
        assert_eq!(count, 5);
    }

    #[test]
    fn a_ca_bundle_that_cannot_be_read_is_named() {
        let error = http_client(None, Some("/nowhere.pem".to_owned())).unwrap_err();
        assert_eq!(error.to_string(), "cannot read AWS_CA_BUNDLE /nowhere.pem");
    }
}
