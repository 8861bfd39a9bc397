//! Graceful shutdown on SIGINT and SIGTERM.

use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::sleep;

/// How long the program may take to end after the second signal.
const GRACE: Duration = Duration::from_secs(2);

/// Receives SIGINT (Ctrl-C) and SIGTERM, which then no longer end the process by themselves. The second signal ends it
/// after two seconds, with status 1, if it has not ended by then: it may be waiting for somebody to read what it writes.
pub struct Signals(mpsc::UnboundedReceiver<()>);

impl Signals {
    /// Starts listening, on a thread of its own: all others may be waiting.
    ///
    /// # Errors
    /// If the signal handlers cannot be installed.
    pub fn listen() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (mut interrupt, mut terminate) = {
            let _entered = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        let (sender, receiver) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            runtime.block_on(async {
                for _ in 0..2 {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                    // Fails only if nobody waits for signals any more.
                    let _ = sender.send(());
                }
                sleep(GRACE).await;
                std::process::exit(1);
            });
        });
        Ok(Self(receiver))
    }

    /// Returns at the next signal.
    pub async fn next(&mut self) {
        let _ = self.0.recv().await;
    }
}
