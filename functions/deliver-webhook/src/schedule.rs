use std::time::{Duration, SystemTime};

/// The longest wait. SQS can hide a message for 12 hours from its receipt; the attempt and Lambda's own wait take some of
/// them.
const LONGEST: Duration = Duration::from_secs(12 * HOUR - 10 * MINUTE);

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// When a failed delivery is attempted again.
#[derive(Clone, Copy, Debug)]
pub struct Schedule(&'static [Duration]);

impl Schedule {
    /// Ten more attempts within three days.
    pub const STANDARD: Self = Self(&[
        Duration::from_secs(5),
        Duration::from_secs(5 * MINUTE),
        Duration::from_secs(30 * MINUTE),
        Duration::from_secs(2 * HOUR),
        Duration::from_secs(5 * HOUR),
        Duration::from_secs(10 * HOUR),
        LONGEST,
        LONGEST,
        LONGEST,
        LONGEST,
    ]);

    /// Ten more attempts within a minute, for a local server.
    pub const QUICK: Self = Self(&[
        Duration::from_secs(1),
        Duration::from_secs(2),
        Duration::from_secs(3),
        Duration::from_secs(5),
        Duration::from_secs(5),
        Duration::from_secs(5),
        Duration::from_secs(10),
        Duration::from_secs(10),
        Duration::from_secs(10),
        Duration::from_secs(10),
    ]);

    /// The number of attempts, the first one included.
    pub fn attempts(self) -> usize {
        self.0.len() + 1
    }

    /// How long to wait after an attempt, counted from 1: up to a fifth less than the schedule says, so that deliveries that
    /// failed together do not come back together; and at least as long as the endpoint asks for. In whole seconds, as the queue
    /// counts. Zero after the last attempt: then the queue moves the message to the dead-letter queue.
    pub(crate) fn wait(self, attempt: usize, retry_after: Option<Duration>) -> Duration {
        let Some(longest) = self.0.get(attempt.saturating_sub(1)) else {
            return Duration::ZERO;
        };
        let wanted = retry_after.unwrap_or_default().min(LONGEST);
        let wait = longest.mul_f64(1.0 - jitter() / 5.0).max(wanted);
        Duration::from_secs(wait.as_secs_f64().ceil() as u64)
    }
}

/// The time that a `Retry-After` asks for (RFC 9110, 10.2.3): seconds, or a date.
pub(crate) fn delay(retry_after: &str) -> Option<Duration> {
    let text = retry_after.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// A random number from 0 to 1.
fn jitter() -> f64 {
    f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_seconds_to_half_days_with_a_fifth_of_jitter() {
        let expected = [
            5, 300, 1_800, 7_200, 18_000, 36_000, 42_600, 42_600, 42_600, 42_600,
        ];
        for (n, seconds) in expected.into_iter().enumerate() {
            for _ in 0..100 {
                let wait = Schedule::STANDARD.wait(n + 1, None).as_secs_f64();
                let seconds = f64::from(seconds);
                assert!((seconds * 0.8..=seconds).contains(&wait), "{wait} of {seconds}");
            }
        }
        assert_eq!(Schedule::STANDARD.attempts(), 11);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_in_any_of_the_three_formats_of_http() {
        assert_eq!(delay("120"), Some(Duration::from_secs(120)));
        assert!(
            delay("99999999999999999999").unwrap() > LONGEST,
            "more than a u64 holds"
        );
        assert_eq!(delay("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        for date in [
            "Tue, 01 Jan 2069 00:00:00 GMT",
            "Tuesday, 01-Jan-69 00:00:00 GMT",
            "Tue Jan  1 00:00:00 2069",
        ] {
            assert!(delay(date).unwrap() > LONGEST, "{date}");
        }
        for text in ["", "-1", "+30", "soon"] {
            assert_eq!(delay(text), None, "{text}");
        }
    }

    #[test]
    fn the_last_attempt_is_followed_by_none() {
        let after_the_last = Some(Duration::from_secs(7));
        assert_eq!(Schedule::STANDARD.wait(11, after_the_last), Duration::ZERO);
    }

    #[test]
    fn an_endpoint_can_ask_for_more_time_but_not_for_more_than_half_a_day() {
        let minute = Duration::from_secs(60);
        assert_eq!(Schedule::STANDARD.wait(1, Some(minute)), minute);
        assert!(
            Schedule::STANDARD.wait(2, Some(minute)) >= 4 * minute,
            "never earlier than planned"
        );
        assert_eq!(Schedule::STANDARD.wait(1, Some(1_000 * LONGEST)), LONGEST);
    }
}
