//! The cold start: from a new process to the first call.
//!
//! Everything comes from the environment that Lambda gives, nothing from files or metadata services. The
//! connection to the database is opened before the first call, in the init phase, which has a whole core.

mod log;

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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
use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use lambda_http::{Context, Request};
use serde_json::value::RawValue;

use self::log::CallLog;
use crate::api::{Invocation, Problem, Response, respond};
use crate::caller::{Caller, IdentitySource};
use crate::store::{CustomerStore, PassingFailure};

/// How long the init phase waits for the database before the function starts without it.
const WARM_UP: Duration = Duration::from_secs(1);

/// Runs a function that needs the store: one handler, called for every event until Lambda ends the process.
///
/// # Errors
/// A sentence that says which setting is missing or wrong.
pub async fn run_with_store<H, F>(handler: H) -> Result<(), lambda_http::Error>
where
    H: Fn(CustomerStore, Caller, Request) -> F + Sync,
    F: Future<Output = Result<Response, Problem>> + Send,
{
    log::init();
    // As text: Lambda logs an error's `Debug`, and a person is to read a sentence.
    let store = Settings::from_env()
        .and_then(Settings::store)
        .map_err(|error| error.to_string())?;
    let started = Instant::now();
    match tokio::time::timeout(WARM_UP, store.warm_up()).await {
        Ok(Ok(())) => tracing::debug!(elapsed_ms = millis(started), "connected to the database"),
        Ok(Err(error)) => {
            tracing::warn!(elapsed_ms = millis(started), %error, "the database refused the first read")
        }
        Err(_) => tracing::warn!(
            elapsed_ms = millis(started),
            "the database did not answer in time"
        ),
    }
    serve(|caller, request| handler(store.clone(), caller, request)).await
}

/// Runs a function that needs no store.
///
/// # Errors
/// Whatever the runtime fails for.
pub async fn run<H, F>(handler: H) -> Result<(), lambda_http::Error>
where
    H: Fn(Caller, Request) -> F + Sync,
    F: Future<Output = Result<Response, Problem>> + Send,
{
    log::init();
    serve(handler).await
}

async fn serve<H, F>(handler: H) -> Result<(), lambda_http::Error>
where
    H: Fn(Caller, Request) -> F + Sync,
    F: Future<Output = Result<Response, Problem>> + Send,
{
    let source = identity_source(setting("AWS_SAM_LOCAL").as_deref());
    let log = &CallLog::new(setting("METRIC_NAMESPACE"));
    let handler = &handler;
    // The runtime reads an event through a layer that tracks where it is, for its error messages. That costs more
    // than reading it: so it passes the text on, and what reads it here takes any text.
    lambda_runtime::run(service_fn(move |call: LambdaEvent<Box<RawValue>>| async move {
        let invocation = Invocation {
            event: serde_json::from_str(call.payload.get()).unwrap_or_default(),
            time_left: time_left(&call.context),
            request_id: call.context.request_id,
        };
        let answer = respond(invocation, source, handler).await;
        log.write(answer.line);
        Ok::<_, lambda_http::Error>(answer.response)
    }))
    .await
}

/// `sam local` runs no authorizer and sets `AWS_SAM_LOCAL=true`; nothing in the cloud does.
fn identity_source(sam_local: Option<&str>) -> IdentitySource {
    match sam_local {
        Some("true") => IdentitySource::PlainTokens,
        _ => IdentitySource::Authorizer,
    }
}

fn time_left(context: &Context) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(context.deadline).saturating_sub(now)
}

fn millis(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1000.0
}

/// An environment variable; an empty one counts as absent, as `sam local` sets what it cannot resolve to `""`.
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

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
const AMAZON_ROOTS: &[u8] = include_bytes!("../amazon-roots.pem");

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
    fn plain_tokens_are_taken_under_sam_local_and_nowhere_else() {
        assert_eq!(identity_source(Some("true")), IdentitySource::PlainTokens);
        for value in [
            None,
            Some(""),
            Some("false"),
            Some("1"),
            Some("TRUE"),
            Some("true "),
        ] {
            assert_eq!(identity_source(value), IdentitySource::Authorizer, "{value:?}");
        }
    }

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
