//! A customer's endpoint, as well-behaved or as hostile as a test needs it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use local::server::{Options, Webhooks};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tests::{Api, TestApp, in_memory, path_of};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How long a test waits for something to arrive.
const PATIENCE: Duration = Duration::from_secs(40);

/// What an endpoint does with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Answers with this status, and these further header lines.
    Status(u16, &'static str),
    /// Answers after a moment with this status.
    Slow(Duration, u16),
    /// Does not answer.
    Hang,
    /// Answers a byte a second.
    Trickle,
    /// Answers 200, and then sends a body without end.
    Endless,
    /// Closes the connection after it has read the request.
    Close,
}

/// Takes the event.
pub const OK: Reply = Reply::Status(204, "");

/// A request that reached an endpoint.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub at: Instant,
    pub method: String,
    pub target: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Arrived {
    /// A header field, `""` if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The event in the body.
    pub fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether the signature is that of this secret, in the judgement of the library for receivers.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let webhook = Webhook::new(secret).unwrap();
        webhook.verify(self.body.as_bytes(), &self.headers).is_ok()
    }
}

/// An endpoint on this machine. It ends with the test's runtime.
#[derive(Clone)]
pub struct Receiver {
    /// Its address on the web.
    pub uri: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    count: watch::Sender<usize>,
    sent: Arc<Mutex<usize>>,
}

impl Receiver {
    /// Starts an endpoint that replies to its n-th request, from 0, as `reply` says.
    pub async fn start(reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            uri: format!("http://{}/hook?for=test", listener.local_addr().unwrap()),
            arrived: Arc::default(),
            count: watch::Sender::new(0),
            sent: Arc::default(),
        };
        let reply = Arc::new(reply);
        let served = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (served, reply) = (served.clone(), reply.clone());
                tokio::spawn(async move { served.serve(stream, &*reply).await });
            }
        });
        receiver
    }

    async fn serve(&self, stream: TcpStream, reply: &(impl Fn(usize) -> Reply + ?Sized)) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let arrived = read(&mut stream).await?;
        let number = {
            let mut all = self.arrived.lock().unwrap();
            all.push(arrived);
            all.len() - 1
        };
        self.count.send_replace(number + 1);
        match reply(number) {
            Reply::Status(status, headers) => {
                let answer = format!("HTTP/1.1 {status} X\r\n{headers}content-length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.ok()?;
            }
            Reply::Slow(time, status) => {
                sleep(time).await;
                let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.ok()?;
            }
            Reply::Hang => sleep(PATIENCE).await,
            Reply::Trickle => {
                for byte in "HTTP/1.1 200 OK\r\nx-padding: "
                    .bytes()
                    .chain([b'x'].repeat(1000))
                {
                    stream.write_all(&[byte]).await.ok()?;
                    sleep(Duration::from_secs(1)).await;
                }
            }
            Reply::Endless => {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n";
                stream.write_all(head.as_bytes()).await.ok()?;
                while stream.write_all(&[b'x'; 1024]).await.is_ok() {
                    *self.sent.lock().unwrap() += 1024;
                }
            }
            Reply::Close => {}
        }
        Some(())
    }

    /// What has arrived until now.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    /// How many bytes of an endless body were taken until now.
    pub fn sent(&self) -> usize {
        *self.sent.lock().unwrap()
    }

    /// The first `count` requests, once they have arrived.
    ///
    /// # Panics
    /// If they do not arrive.
    pub async fn wait_for(&self, count: usize) -> Vec<Arrived> {
        let mut arrived = self.count.subscribe();
        let wait = timeout(PATIENCE, arrived.wait_for(|arrived| *arrived >= count));
        let is_there = wait.await.is_ok();
        let all = self.arrived();
        assert!(is_there, "{} of {count} arrived: {all:?}", all.len());
        all[..count].to_vec()
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Arrived> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream
            .read_line(&mut line)
            .await
            .ok()
            .filter(|length| *length > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut request = lines[0].split(' ');
    let mut headers = HeaderMap::new();
    for line in &lines[1..] {
        let (name, value) = line.split_once(": ")?;
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_str(value).ok()?);
    }
    let length = headers.get("content-length");
    let length = length.map_or(0, |length| length.to_str().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Arrived {
        at: Instant::now(),
        method: request.next()?.to_owned(),
        target: request.next()?.to_owned(),
        headers,
        body: String::from_utf8(body).ok()?,
    })
}

/// A system that sends webhooks to this machine too.
pub async fn system() -> TestApp {
    TestApp::start_with(Options {
        webhooks: Webhooks::PublicAndLoopback,
        ..in_memory()
    })
    .await
}

/// A new customer with this `webhook_uri`.
pub async fn customer(api: &Api, username: &str, webhook_uri: &str) -> Value {
    let new = json!({"username": username, "webhook_uri": webhook_uri, "line_secret": "made-up-secret"});
    let answer = api.post(new).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

/// The page of a customer's webhook, as an operator sees it.
pub async fn page(api: &Api, customer: &Value) -> Value {
    let answer = api.get(&format!("{}/webhook", path_of(customer))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

/// The secret of a customer's webhook.
pub async fn secret(api: &Api, customer: &Value) -> String {
    page(api, customer).await["secret"].as_str().unwrap().to_owned()
}

/// The page of a customer's webhook, once it satisfies `condition`.
///
/// # Panics
/// If it never does.
pub async fn page_where(api: &Api, customer: &Value, condition: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + PATIENCE;
    loop {
        let page = page(api, customer).await;
        if condition(&page) {
            return page;
        }
        assert!(Instant::now() < end, "{page}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until no delivery is left.
///
/// # Panics
/// If some are left for long.
pub async fn queue_is_empty(api: &TestApp) {
    let end = Instant::now() + PATIENCE;
    while !api.server.deliveries().is_empty() {
        assert!(Instant::now() < end, "{} are left", api.server.deliveries().len());
        sleep(Duration::from_millis(50)).await;
    }
}
