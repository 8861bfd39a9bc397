//! Standard output and standard error. Nobody may be reading them any more, or for the moment.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// How many texts wait to be written at most.
const CAPACITY: usize = 1_000;

/// How long the end of a program waits for somebody to read.
const GRACE: Duration = Duration::from_secs(1);

/// Writes a line to standard error. It is no error if nobody reads it.
pub fn note(line: impl Display) {
    let line = format!("{line}\n");
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Standard output or standard error of a program that goes on if nobody reads it: a write then waits, so a thread of its
/// own writes.
#[derive(Clone, Debug)]
pub struct Output {
    texts: mpsc::Sender<Text>,
    dropped: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Text {
    Of(String),
    /// Asks for an answer when everything before is written.
    End(oneshot::Sender<()>),
}

impl Output {
    /// Standard output.
    pub fn standard() -> Self {
        Self::to(io::stdout(), io::stderr())
    }

    /// Standard error.
    pub fn standard_error() -> Self {
        Self::to(io::stderr(), io::stderr())
    }

    /// Output whose gaps are told in `notes`: a program that reads the output may understand no other lines.
    fn to(mut output: impl Write + Send + 'static, mut notes: impl Write + Send + 'static) -> Self {
        let (texts, mut receiver) = mpsc::channel(CAPACITY);
        let dropped = Arc::<AtomicU64>::default();
        let count = Arc::clone(&dropped);
        std::thread::spawn(move || {
            // The program also goes on if the output is closed.
            while let Some(text) = receiver.blocking_recv() {
                match text {
                    Text::Of(text) => drop(output.write_all(text.as_bytes())),
                    Text::End(written) => drop(written.send(())),
                }
                let dropped = count.swap(0, Ordering::Relaxed);
                if dropped > 0 {
                    let _ = writeln!(notes, "{dropped} lines were left out, because nobody read them");
                }
                let _ = output.flush();
            }
        });
        Self { texts, dropped }
    }

    /// Writes a text, or leaves it out if too many others wait. How many were left out is told on standard
    /// error once there is room.
    pub fn say(&self, text: String) {
        if self.texts.try_send(Text::Of(text)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until everything is written, for a second at most.
    pub async fn end(self) {
        let (written, all) = oneshot::channel();
        let write = async {
            self.texts.send(Text::End(written)).await.ok()?;
            all.await.ok()
        };
        let _ = timeout(GRACE, write).await;
    }
}

/// For the log. Each write is a text of its own, and none fails.
impl Write for Output {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.say(String::from_utf8_lossy(text).into_owned());
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Standard output that somebody reads write by write.
    struct Read {
        begun: Sender<String>,
        go_on: Receiver<()>,
    }

    impl Write for Read {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            let _ = self.begun.send(String::from_utf8_lossy(text).into_owned());
            let _ = self.go_on.recv();
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_nobody_reads_is_left_out_and_counted() {
        let (begun, writes) = channel();
        let (told, notes) = channel();
        let (resume, go_on) = channel();
        let told = Read {
            begun: told,
            go_on: channel().1,
        };
        let output = Output::to(Read { begun, go_on }, told);
        output.say("first".to_owned());
        assert_eq!(writes.recv().unwrap(), "first");
        // The first write has not ended.
        for number in 0..CAPACITY + 7 {
            output.say(format!("line {number}\n"));
        }
        drop((resume, output));
        let notes = notes.iter().collect::<Vec<_>>().concat();
        assert!(notes.contains("7 lines were left out"), "{notes}");
        let text = writes.iter().collect::<Vec<_>>().concat();
        assert!(!text.contains("left out"), "{text}");
        assert!(text.contains(&format!("line {}\n", CAPACITY - 1)), "{text}");
        assert!(!text.contains(&format!("line {CAPACITY}\n")), "{text}");
    }
}
