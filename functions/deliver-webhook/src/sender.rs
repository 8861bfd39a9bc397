//! One exchange with a customer's endpoint, which may be slow, endless or hostile.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Response;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{HOST, RETRY_AFTER};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::{Position, Url};

use crate::address::{Allows, addresses};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::schedule::delay;

/// The time limit for connecting, TLS included.
pub(crate) const CONNECT: Duration = Duration::from_secs(5);

/// The time limit for the whole exchange.
pub(crate) const EXCHANGE: Duration = Duration::from_secs(15);

/// The most bytes of an answer's header fields, and of its body.
pub(crate) const MAX_ANSWER: usize = 64 * 1024;

/// The most header fields of an answer.
const MAX_FIELDS: usize = 1000;

/// The client for customers' endpoints. Cloning shares the certificates.
#[derive(Clone)]
pub struct Sender {
    tls: TlsConnector,
    allows: Allows,
}

impl Sender {
    /// Sends to the addresses that `allows` lets through, and trusts the web's certificate authorities.
    pub fn new(allows: fn(IpAddr) -> bool) -> Self {
        let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            tls: TlsConnector::from(Arc::new(config)),
            allows,
        }
    }

    /// Sends a request, and returns the status of the answer. Only an answer 2xx is a success, and no redirect is followed.
    ///
    /// # Errors
    /// [`Refusal`]
    pub(crate) async fn send(&self, request: Request) -> Result<u16, Refusal> {
        let end = Instant::now() + EXCHANGE;
        let answer = timeout_at(end, self.exchange(request)).await;
        let answer = answer.unwrap_or(Err(Refusal::TooSlow))?;
        let status = answer.status();
        if !status.is_success() {
            let retry_after = answer.headers().get(RETRY_AFTER);
            let retry_after = retry_after.and_then(|value| delay(value.to_str().ok()?));
            return Err(Refusal::Status(status.as_u16(), retry_after));
        }
        // The limit of hyper's buffer is not exact: its last read may exceed it.
        if head_length(&answer) > MAX_ANSWER {
            return Err(Refusal::TooLong);
        }
        // The endpoint has accepted the event, whatever happens to the body.
        let _ = timeout_at(end, pass_over(answer.into_body())).await;
        Ok(status.as_u16())
    }

    async fn exchange(&self, request: Request) -> Result<Response<Incoming>, Refusal> {
        let url = Url::parse(&request.uri).map_err(|error| Refusal::unreachable(&error))?;
        let is_tls = url.scheme() == "https";
        let connect = async {
            let stream = connect(&addresses(&url, self.allows).await?).await?;
            match is_tls {
                true => self.handshake(stream, &url).await.map(Stream::Tls),
                false => Ok(Stream::Plain(stream)),
            }
        };
        match timeout(CONNECT, connect)
            .await
            .unwrap_or_else(|_| Err(Refusal::slow_to_connect()))?
        {
            Stream::Plain(stream) => speak(stream, &url, request).await,
            Stream::Tls(stream) => speak(stream, &url, request).await,
        }
    }

    async fn handshake(
        &self,
        stream: TcpStream,
        url: &Url,
    ) -> Result<Box<tokio_rustls::client::TlsStream<TcpStream>>, Refusal> {
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches([']', '.']);
        let name = ServerName::try_from(host.to_owned()).map_err(|error| Refusal::unreachable(&error))?;
        let stream = self.tls.connect(name, stream).await;
        stream.map(Box::new).map_err(|error| Refusal::unreachable(&error))
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

/// Connects to the first of these addresses that accepts a connection. One that does not answer leaves time for the others.
async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Refusal> {
    let mut refusal = Refusal::Unresolved;
    let share = CONNECT / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => refusal = Refusal::unreachable(&error),
            Err(_) => refusal = Refusal::slow_to_connect(),
        }
    }
    Err(refusal)
}

/// Sends the request over a new connection, and reads the head of its answer.
async fn speak<S>(stream: S, url: &Url, request: Request) -> Result<Response<Incoming>, Refusal>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut connection, driver) = http1::Builder::new()
        .max_buf_size(MAX_ANSWER)
        .max_headers(MAX_FIELDS)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| Refusal::broken(&error))?;
    // The driver ends with the answer's body, or when that is dropped.
    tokio::spawn(driver);
    let mut builder = hyper::Request::builder()
        .method(request.method.as_str())
        .uri(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort]);
    for (name, value) in request.fields {
        builder = builder.header(name, value);
    }
    let request = builder
        .body(Full::new(Bytes::from(request.body)))
        .map_err(|error| Refusal::broken(&error))?;
    let answer = connection.send_request(request).await;
    answer.map_err(|error| Refusal::broken(&error))
}

/// The length of an answer's header fields, each with its colon, space and line end.
fn head_length(answer: &Response<Incoming>) -> usize {
    let fields = answer.headers().iter();
    fields
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum()
}

/// Reads a short body, so that a well-behaved endpoint can complete its answer.
async fn pass_over(mut body: Incoming) {
    let mut length = 0;
    while let Some(Ok(frame)) = body.frame().await {
        length += frame.data_ref().map_or(0, Bytes::len);
        if length > MAX_ANSWER {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpSocket;

    use super::*;

    #[tokio::test]
    async fn an_address_that_does_not_answer_leaves_time_for_the_next() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let silent = TcpSocket::new_v4().unwrap();
        silent.bind(any).unwrap();
        let silent = silent.listen(1).unwrap();
        let good = tokio::net::TcpListener::bind(any).await.unwrap();
        let (silent_address, good_address) = (silent.local_addr().unwrap(), good.local_addr().unwrap());
        // Nobody accepts these connections. When the queue is full, the kernel drops what else comes.
        let mut waiting = Vec::new();
        while let Ok(stream) = timeout(Duration::from_millis(500), TcpStream::connect(silent_address)).await {
            waiting.push(stream);
        }
        let stream = connect(&[silent_address, good_address]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good_address);
    }

    #[tokio::test]
    async fn a_customer_is_told_how_the_connection_broke() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_u8().await.unwrap();
            // What was not read resets the connection.
            drop(stream);
        });
        let request = Request {
            method: "POST".to_owned(),
            uri,
            fields: Vec::new(),
            body: "{}".to_owned(),
        };
        let refusal = Sender::new(|_| true).send(request).await.unwrap_err().to_string();
        assert!(
            refusal.starts_with("no complete answer: ") && refusal.contains("reset by peer"),
            "{refusal}"
        );
    }
}
