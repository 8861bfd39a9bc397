//! How import and export retry.

use std::time::Duration;

use store::StoreError;
use tokio::time::{Instant, sleep};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Retries an operation that was throttled or not answered, with exponential backoff, for `patience` at most. Each
/// attempt already includes the SDK's own retries, which take seconds.
///
/// # Errors
/// The first failure that a retry cannot fix, or the last one when `patience` has run out.
pub(crate) async fn retry<T, F>(patience: Duration, operation: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    // None for ever, as far as the clock goes.
    let end = Instant::now().checked_add(patience);
    let in_time = |pause| end.is_none_or(|end| Instant::now() + pause < end);
    let mut pause = FIRST_PAUSE;
    loop {
        match operation().await {
            Err(StoreError::Throttled(_) | StoreError::Unavailable(_)) if in_time(pause) => {
                sleep(pause).await;
                pause = (2 * pause).min(LONGEST_PAUSE);
            }
            outcome => return outcome,
        }
    }
}
