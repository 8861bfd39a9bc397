//! What `deliver-webhook` cannot read: nothing of it is lost, sent or logged.

use serde_json::{Value, json};
use tests::id;

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

#[tokio::test]
async fn nothing_is_sent_unsigned_if_the_secret_cannot_be_read() {
    for attribute in ["secret", "previous_secret"] {
        for value in [json!({"S": "made-up-text"}), json!({"N": "7"})] {
            let (app, _, function, anna) = start().await;
            let damage = json!({
                "Key": {"pk": {"S": format!("webhook#{}", id(&anna))}},
                "UpdateExpression": format!("SET {attribute} = :value"),
                "ExpressionAttributeValues": {":value": value},
            });
            app.dynamodb("UpdateItem", damage).await;
            assert_eq!(failed(&function.invoke(batch(&anna)).await), [MESSAGE_ID]);
            let event = app.events(&anna, 1).await.swap_remove(0);
            assert_eq!(event["delivery"]["attempts"], json!([]), "{attribute}");
            let page = app.get(&format!("{}/webhook", tests::path_of(&anna))).await;
            assert_eq!(page.status, 500, "{page:?}");
            let log = function.end().await;
            let line = log.lines().find(|line| line.contains("is damaged"));
            let line = line.unwrap_or_else(|| panic!("{log}"));
            assert!(line.contains(&format!("webhook#{}", id(&anna))), "{line}");
            assert!(line.contains(&format!(r#""{attribute}""#)), "{line}");
            assert!(log.contains(r#""customers_damaged":1"#), "{log}");
            assert!(!log.contains("made-up-text"), "{log}");
        }
    }
}

#[tokio::test]
async fn the_error_of_a_batch_that_cannot_be_read_quotes_nothing_of_it() {
    let (_app, _proxy, function, _) = start().await;
    let error: Value = function.fail(json!({"Records": "made-up-text"})).await;
    let error = error.as_str().unwrap();
    assert!(error.contains("the event cannot be read"), "{error}");
    assert!(!error.contains("made-up-text"), "{error}");
    assert!(!function.end().await.contains("made-up-text"));
}
