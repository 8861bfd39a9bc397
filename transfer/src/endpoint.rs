//! The URL of a database, and a check that a database answers there.

use std::str::FromStr;
use std::time::Duration;
use std::{fmt, io};

use anyhow::{Error, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

/// The timeout for connecting and for the answer: the same as for an operation of the store.
const TIME: Duration = Duration::from_secs(8);

/// How many bytes of an answer are read at most.
const MAX_ANSWER: u64 = 16_384;

/// The URL of a local database.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint(Url);

impl FromStr for Endpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        const EXAMPLE: &str = "it must be like http://127.0.0.1:8000";
        let Ok(url) = Url::parse(text) else {
            bail!(EXAMPLE);
        };
        ensure!(
            matches!(url.scheme(), "http" | "https") && url.has_host(),
            EXAMPLE
        );
        Ok(Self(url))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// What answers at an address.
enum Found {
    Nothing(io::Error),
    Silence,
    /// Something that does not speak HTTP.
    NoHttp,
    /// The API of this program.
    Api,
    Database,
    OtherHttp,
}

impl Endpoint {
    /// Checks that a database answers, as far as that is possible without TLS. The SDK cannot tell: it accepts an
    /// empty JSON object as an answer to every request.
    ///
    /// # Errors
    /// A sentence that says what answers instead.
    pub(crate) async fn check(&self) -> Result<()> {
        const WHERE: &str =
            "`cargo run` serves its database at http://127.0.0.1:8000 by default (--dynamodb)";
        let encrypted = self.0.scheme() == "https";
        match self.find().await {
            Found::Nothing(error) => bail!("nothing answers at {self} ({error}); {WHERE}"),
            Found::Api | Found::Database if encrypted => {
                bail!("what answers at {self} does not use TLS: use http:// instead of https://")
            }
            Found::Silence | Found::NoHttp | Found::OtherHttp if encrypted => Ok(()),
            Found::Api => bail!("{self} is the API, not its database; {WHERE}"),
            Found::Silence => bail!("what listens at {self} does not answer"),
            Found::NoHttp => bail!(
                "what answers at {self} does not speak HTTP; if it uses TLS, use https:// instead of http://"
            ),
            Found::OtherHttp => bail!("what answers at {self} is no DynamoDB"),
            Found::Database => Ok(()),
        }
    }

    /// Sends a request in plain HTTP. The SDK does not distinguish these cases.
    async fn find(&self) -> Found {
        let host = self.0.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = self.0.port_or_known_default().unwrap_or_default();
        let mut stream = match timeout(TIME, TcpStream::connect((host, port))).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Found::Nothing(error),
            Err(_) => return Found::Nothing(io::ErrorKind::TimedOut.into()),
        };
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.0\r\n\
             X-Amz-Target: DynamoDB_20120810.ListTables\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        let mut answer = Vec::new();
        let exchange = async {
            stream.write_all(request.as_bytes()).await?;
            stream.take(MAX_ANSWER).read_to_end(&mut answer).await
        };
        // Whatever arrived before the connection failed is enough.
        let _ = timeout(TIME, exchange).await;
        let answer = String::from_utf8_lossy(&answer);
        if answer.is_empty() {
            Found::Silence
        } else if !answer.starts_with("HTTP/") {
            Found::NoHttp
        } else if answer.contains("urn:problem-type:customers:") {
            Found::Api
        } else if answer.to_ascii_lowercase().contains("x-amz") {
            Found::Database
        } else {
            Found::OtherHttp
        }
    }
}
