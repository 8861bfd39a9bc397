//! SQS on localhost: the deliveries queue, as far as the functions use it. Its messages are in the database, so that a
//! restart loses none of them.

mod entries;
mod messages;
mod requests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use dynoxide::Database;
use tokio::sync::Notify;

pub use self::messages::Message;
pub use self::requests::router;

use self::entries::Entries;
use self::messages::{Entry, Stored};

/// A queue of messages, each of which is in a group. Cloning shares it.
#[derive(Clone)]
pub struct Queue {
    shared: Arc<Shared>,
}

struct Shared {
    stored: Stored,
    entries: Mutex<Entries>,
    /// How often a message may be received.
    max_receives: usize,
    changed: Notify,
}

impl Queue {
    /// The queue whose messages are in `database`; it gives up a message that was received `max_receives` times.
    ///
    /// # Errors
    /// If the database fails.
    pub fn open(database: &Database, max_receives: usize) -> Result<Self> {
        let stored = Stored::open(database)?;
        let entries = Mutex::new(Entries::new(stored.load()?));
        let shared = Shared {
            stored,
            entries,
            max_receives,
            changed: Notify::new(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Stores a message durably. Answers its number.
    ///
    /// # Errors
    /// If the database fails.
    pub fn send(&self, group: String, body: String) -> Result<String> {
        let entry = Entry::new(group, body, SystemTime::now());
        let number = self.entries().number();
        self.shared.stored.put(number, &entry)?;
        self.entries().insert(number, entry);
        self.shared.changed.notify_one();
        Ok(number.to_string())
    }

    /// Waits for a message that is ready, and holds it. What was received too often is given up.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn receive(&self) -> Result<Message> {
        const LONG: Duration = Duration::from_secs(60);
        loop {
            if let Some(message) = self.take()? {
                return Ok(message);
            }
            let next = self.entries().next_ready_at();
            let wait = next.map(|next| next.duration_since(SystemTime::now()).unwrap_or_default());
            tokio::select! {
                () = self.shared.changed.notified() => {}
                () = tokio::time::sleep(wait.unwrap_or(LONG)) => {}
            }
        }
    }

    fn take(&self) -> Result<Option<Message>> {
        let mut entries = self.entries();
        while let Some((number, entry)) = entries.take(SystemTime::now()) {
            if entry.receives <= self.shared.max_receives {
                self.shared.stored.put(number, entry)?;
                return Ok(Some(Message::of(number, entry)));
            }
            self.shared.stored.remove(number)?;
            entries.remove(number);
            tracing::warn!("a webhook was given up after its last attempt");
        }
        Ok(None)
    }

    /// Deletes a message.
    ///
    /// # Errors
    /// If the database fails.
    pub fn remove(&self, receipt_handle: &str) -> Result<()> {
        if let Ok(number) = receipt_handle.parse() {
            self.shared.stored.remove(number)?;
            self.entries().remove(number);
        }
        // Another one of its group may be received now.
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Hides a message that was received for so long from now.
    ///
    /// # Errors
    /// If the database fails.
    pub fn hide(&self, receipt_handle: &str, duration: Duration) -> Result<()> {
        if let Ok(number) = receipt_handle.parse()
            && let Some(entry) = self.entries().hide(number, SystemTime::now() + duration)
        {
            self.shared.stored.put(number, entry)?;
        }
        Ok(())
    }

    /// Gives back a received message.
    pub fn release(&self, receipt_handle: &str) {
        if let Ok(number) = receipt_handle.parse() {
            self.entries().release(number);
        }
        self.shared.changed.notify_one();
    }

    /// How many messages there are, waiting or being delivered.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there is no message.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.shared.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
