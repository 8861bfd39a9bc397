//! Progress on standard error: a bar on a terminal, otherwise a line now and then.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use local::output::note;

/// How often a line is printed if there is no terminal.
const INTERVAL: Duration = Duration::from_secs(10);

/// A transfer's progress.
pub(crate) struct Progress {
    bar: ProgressBar,
    last_line: Instant,
}

impl Progress {
    /// Progress up to `total` bytes, if known.
    pub(crate) fn new(total: Option<u64>) -> Self {
        let (bar, template) = match total {
            Some(total) => (
                ProgressBar::new(total),
                "{bar:30} {percent:>3}%  {msg}  {elapsed}",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {msg}  {elapsed}"),
        };
        // The templates are constants, so this cannot fail; if it did, the default would do.
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self {
            bar: bar.with_style(style),
            last_line: Instant::now(),
        }
    }

    /// Shows how many bytes are done, and a message.
    pub(crate) fn show(&mut self, bytes: u64, message: String) {
        if self.bar.is_hidden() && self.last_line.elapsed() >= INTERVAL {
            self.last_line = Instant::now();
            note(&message);
        }
        self.bar.set_position(bytes);
        self.bar.set_message(message);
    }

    /// Removes the bar from the terminal.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
