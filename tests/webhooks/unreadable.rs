//! What `deliver-webhook` cannot read: nothing of it is lost, sent or logged.

use serde_json::json;

use crate::noting::{MESSAGE_ID, batch, start};
use crate::publishing::failed;

#[tokio::test]
async fn a_message_that_is_not_a_delivery_stays_in_the_queue_and_counts_as_a_failure_of_ours() {
    let (_app, _proxy, function, anna) = start().await;
    let mut unreadable = batch(&anna);
    unreadable["Records"][0]["body"] = json!(r#"{"id":"made-up-text"}"#);
    assert_eq!(failed(&function.invoke(unreadable).await), [MESSAGE_ID]);
    let log = function.end().await;
    assert!(log.contains("a message of the queue is not a delivery"), "{log}");
    assert!(log.contains(r#""webhooks_not_attempted":1"#), "{log}");
    assert!(log.contains(r#""level":"ERROR","message":"processed""#), "{log}");
    assert!(!log.contains("made-up-text"), "{log}");
}
