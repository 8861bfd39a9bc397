//! Output that nobody reads.

use std::time::Duration;

use tokio::time::timeout;

use super::listening::{Listening, Message, SECRET};

#[tokio::test]
async fn messages_are_answered_and_a_signal_stops_it_if_nobody_reads_its_output() {
    // Each leaves a line on standard output, and each forged one a line on standard error.
    for (secret, status) in [(SECRET, 204), ("whsec_YW5vdGhlcg==", 401)] {
        let listening = Listening::start(&["--secret", SECRET]).await;
        for number in 0..500 {
            let id = format!("{number}.{}", "x".repeat(2_000));
            let message = Message::new(secret, &id);
            let answer = timeout(Duration::from_secs(5), listening.send(&message)).await;
            let answer = answer.unwrap_or_else(|_| panic!("no answer to message {number}"));
            assert_eq!(answer.status(), status);
        }
        assert_eq!(listening.stop_unread("-INT").await, Some(0));
    }
}
