//! HTTP and TLS to the database, and which certificates are trusted.

use std::sync::OnceLock;

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};

/// Why the certificates to trust cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file that `AWS_CA_BUNDLE` names cannot be read.
    #[error("cannot read AWS_CA_BUNDLE {path}: {reason}")]
    CaBundle {
        /// The file.
        path: String,
        /// Why it cannot be read.
        reason: std::io::Error,
    },
    /// The certificates cannot be used.
    #[error("cannot use the certificates to trust: {0}")]
    Unusable(String),
}

/// The root certificates of all AWS endpoints: Amazon's four, and Starfield's for old chains. They take almost no time
/// to parse, while a platform's whole store takes milliseconds of CPU at every start.
const AMAZON_ROOTS: &[u8] = include_bytes!("../amazon-roots.pem");

/// An HTTP client. If `AWS_CA_BUNDLE` is set, it trusts only the certificates in that file. Otherwise it trusts
/// Amazon's roots for AWS's own endpoints, and the platform's store for other hosts.
pub(crate) fn http_client(
    endpoint: Option<&str>,
    ca_bundle: Option<String>,
) -> Result<SharedHttpClient, TlsError> {
    if endpoint.is_some_and(|url| url.starts_with("http://")) {
        return Ok(Builder::new().build_http());
    }
    let trust = match (ca_bundle, endpoint) {
        (Some(path), _) => {
            let bundle = std::fs::read(&path).map_err(|reason| TlsError::CaBundle { path, reason })?;
            TrustStore::empty().with_pem_certificate(bundle)
        }
        (None, Some(url)) if !is_aws(url) => TrustStore::default(),
        _ => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
    };
    let tls = TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .map_err(|error| TlsError::Unusable(error.to_string()))?;
    // The connector is made once, at the first call. `build_https` would make another one earlier, when the SDK
    // validates its configuration, and throw it away together with the parsed certificates.
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
    use crate::settings::SettingsError;

    #[test]
    fn only_hosts_of_aws_count_as_aws() {
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
    fn the_client_accepts_the_amazon_roots() {
        assert!(http_client(None, None).is_ok());
        let count = String::from_utf8_lossy(AMAZON_ROOTS)
            .matches("BEGIN CERTIFICATE")
            .count();
        assert_eq!(count, 5);
    }

    #[test]
    fn the_error_names_a_ca_bundle_that_cannot_be_read_and_why() {
        let error = http_client(None, Some("/nowhere.pem".to_owned())).unwrap_err();
        let text = SettingsError::from(error).to_string();
        assert_eq!(
            text,
            "cannot read AWS_CA_BUNDLE /nowhere.pem: No such file or directory (os error 2)"
        );
    }
}
