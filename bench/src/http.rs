//! As much of HTTP/1.1 as a Runtime API, a proxy and a load generator need: messages with a `content-length`.
//!
//! The benchmark stands between two clock readings, so what it does there is kept to reading, and writing once.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result, ensure};

/// A request or an answer.
pub(crate) struct Message {
    /// The request line or the status line.
    pub(crate) start: String,
    /// The header fields, their names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// A message without any header fields but the body's length, which is added when it is sent.
    pub(crate) fn new(start: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            start: start.into(),
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// The message with one header field more.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The value of a header field.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(present, _)| present == name)
            .map(|(_, value)| value.as_str())
    }

    /// The status of an answer.
    pub(crate) fn status(&self) -> Result<u16> {
        let status = self.start.split(' ').nth(1).unwrap_or_default();
        status
            .parse()
            .with_context(|| format!("no status line: {}", self.start))
    }

    /// Sends the message in one write.
    pub(crate) fn send(&self, mut stream: &TcpStream) -> Result<()> {
        let mut bytes = format!("{}\r\n", self.start).into_bytes();
        for (name, value) in self.headers.iter().filter(|(name, _)| name != "content-length") {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", self.body.len()).as_bytes());
        bytes.extend_from_slice(&self.body);
        stream.write_all(&bytes).context("the connection broke")
    }

    /// Reads the next message of a connection; `None` where the connection ends instead.
    fn receive(reader: &mut impl BufRead) -> Result<Option<Self>> {
        let Some(start) = line(reader)? else {
            return Ok(None);
        };
        let mut message = Self::new(start, []);
        while let Some(field) = line(reader)?.filter(|line| !line.is_empty()) {
            let (name, value) = field.split_once(':').context("a header field without a colon")?;
            message
                .headers
                .push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        ensure!(
            message.header("transfer-encoding").is_none(),
            "a message in chunks, which nobody here sends"
        );
        let length = message.header("content-length").unwrap_or("0");
        message.body = vec![0; length.parse().context("no length")?];
        reader
            .read_exact(&mut message.body)
            .context("a body was cut off")?;
        Ok(Some(message))
    }
}

/// The next line without its end; `None` at the connection's end.
fn line(reader: &mut impl BufRead) -> Result<Option<String>> {
    let mut line = String::new();
    let length = reader.read_line(&mut line)?;
    Ok((length > 0).then(|| line.trim_end().to_owned()))
}

/// One side of a connection.
pub(crate) struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    /// This side of a connection that the other side has opened.
    pub(crate) fn accepted(stream: TcpStream) -> Result<Self> {
        // A message is one write: waiting for more only delays it.
        stream.set_nodelay(true)?;
        Ok(Self {
            reader: BufReader::new(stream),
        })
    }

    /// Opens a connection.
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("nothing answers at {address}"))?;
        Self::accepted(stream)
    }

    /// Where the other side's messages go.
    pub(crate) fn stream(&self) -> &TcpStream {
        self.reader.get_ref()
    }

    /// The other side's next message; `None` where it has closed.
    pub(crate) fn receive(&mut self) -> Result<Option<Message>> {
        Message::receive(&mut self.reader)
    }

    /// Sends a request and returns its answer.
    pub(crate) fn ask(&mut self, request: &Message) -> Result<Message> {
        request.send(self.stream())?;
        self.receive()?.context("the server closed the connection")
    }
}
