use std::time::Duration;

use store::StoreError;
use tokio::time::{Instant, sleep};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Repeats what the database refuses or leaves unanswered for now, with longer and longer pauses, for `patience` at
/// most. Each time the SDK has already tried a few times, within seconds.
///
/// # Errors
/// The last failure, or one that does not pass.
pub(crate) async fn patiently<T, F>(patience: Duration, operation: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let end = Instant::now() + patience;
    let mut pause = FIRST_PAUSE;
    loop {
        match operation().await {
            Err(StoreError::Throttled(_) | StoreError::Unavailable(_)) if Instant::now() + pause < end => {
                sleep(pause).await;
                pause = (2 * pause).min(LONGEST_PAUSE);
            }
            outcome => return outcome,
        }
    }
}
