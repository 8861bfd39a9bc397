//! Lambda's side of a function: the Runtime API (2018-06-01), as thin as it can be.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::http::{Connection, Message};

/// How long a function may take for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a function said, and when its last byte was here.
pub(crate) struct Note {
    /// When.
    pub(crate) at: Instant,
    /// What.
    pub(crate) said: Said,
}

/// What a function can say.
pub(crate) enum Said {
    /// It asks for the next event, which goes to this connection.
    Next(TcpStream),
    /// It answers the event.
    Answer(Vec<u8>),
    /// It has failed.
    Failure(String),
}

/// The Runtime API of one function.
pub(crate) struct RuntimeApi {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    notes: Receiver<Note>,
    closed: Arc<AtomicBool>,
}

impl RuntimeApi {
    /// Listens for one function.
    pub(crate) fn listen() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("no port for the Runtime API")?;
        let address = listener.local_addr()?;
        let (sender, notes) = channel();
        let closed = Arc::new(AtomicBool::new(false));
        let stop = closed.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let sender = sender.clone();
                // A broken connection is a function that ended, which shows as silence.
                thread::spawn(move || serve(stream, &sender));
            }
        });
        Ok(Self {
            address,
            notes,
            closed,
        })
    }

    /// The next thing that the function says.
    pub(crate) fn next(&self) -> Result<Note> {
        self.notes
            .recv_timeout(PATIENCE)
            .context("the function said nothing for 30 seconds")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts, so that it sees that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

/// Notes what the function says on one connection. The note is made before the acknowledgement is sent, so that
/// notes stand in their order.
fn serve(stream: TcpStream, notes: &Sender<Note>) -> Result<()> {
    let mut connection = Connection::accepted(stream)?;
    while let Some(request) = connection.receive()? {
        let at = Instant::now();
        if request.start.contains("/invocation/next") {
            let said = Said::Next(connection.stream().try_clone()?);
            notes.send(Note { at, said })?;
        } else {
            let said = if request.start.contains("/response") {
                Said::Answer(request.body)
            } else {
                Said::Failure(String::from_utf8_lossy(&request.body).into_owned())
            };
            notes.send(Note { at, said })?;
            Message::new("HTTP/1.1 202 Accepted", []).send(connection.stream())?;
        }
    }
    Ok(())
}
