//! How far a transfer is, on standard error: a bar on a terminal, elsewhere a line now and then.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often there is a line where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(10);

/// A transfer's progress.
pub(crate) struct Progress {
    bar: ProgressBar,
    last_line: Instant,
}

impl Progress {
    /// Of `total` bytes, if they are known.
    pub(crate) fn new(total: Option<u64>) -> Self {
        let (bar, template) = match total {
            Some(total) => (
                ProgressBar::new(total),
                "{bar:30} {percent:>3}%  {msg}  {elapsed}",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {msg}  {elapsed}"),
        };
        // The templates are constants, and the default serves as well.
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self {
            bar: bar.with_style(style),
            last_line: Instant::now(),
        }
    }

    /// So many bytes have been done, which `message` puts into words.
    pub(crate) fn show(&mut self, bytes: u64, message: String) {
        if self.bar.is_hidden() && self.last_line.elapsed() >= INTERVAL {
            self.last_line = Instant::now();
            eprintln!("{message}");
        }
        self.bar.set_position(bytes);
        self.bar.set_message(message);
    }

    /// Leaves the terminal to others.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
