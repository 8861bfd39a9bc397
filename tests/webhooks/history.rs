//! What the history says of deliveries, and how events are delivered again.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Answer, Api, id, path_of};
use tokio::time::sleep;

use crate::receiver::{OK, Receiver, Reply, customer, page_where, queue_is_empty, system};

/// A customer's newest event, once its delivery satisfies `condition`.
///
/// # Panics
/// If it never does.
async fn newest_where(api: &Api, customer: &Value, condition: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + Duration::from_secs(40);
    loop {
        let event = api.events(customer, 1).await.swap_remove(0);
        if condition(&event["delivery"]) {
            return event;
        }
        assert!(Instant::now() < end, "{event}");
        sleep(Duration::from_millis(50)).await;
    }
}

fn is(state: &str) -> impl Fn(&Value) -> bool {
    move |delivery| delivery["state"] == state
}

fn has_attempts(count: usize) -> impl Fn(&Value) -> bool {
    move |delivery| attempts(delivery).len() >= count
}

fn attempts(delivery: &Value) -> &[Value] {
    delivery["attempts"].as_array().unwrap()
}

async fn redeliver(api: &Api, event: &Value, customer: &Value) -> Answer {
    let event = event["id"].as_str().unwrap();
    let path = format!("{}/events/{event}/redeliver", path_of(customer));
    api.call("POST", &path).send().await
}

#[tokio::test]
async fn each_attempt_is_shown_with_its_answer_and_when_the_next_one_is_due() {
    let api = system().await;
    let receiver = Receiver::start(|n| if n == 0 { Reply::Status(500, "") } else { OK }).await;
    let anna = customer(&api, "anna", &receiver.uri).await;
    let event = newest_where(&api, &anna, is("delivered")).await;
    let [failed, delivered] = attempts(&event["delivery"]) else {
        panic!("{event}")
    };
    assert_eq!(
        (&failed["status"], &failed["error"]),
        (&json!(500), &json!("the endpoint answered 500"))
    );
    assert_eq!(
        (&delivered["status"], &delivered["error"]),
        (&json!(204), &Value::Null)
    );
    let [first, due, second] = [
        &failed["timestamp"],
        &failed["next_attempt"],
        &delivered["timestamp"],
    ];
    assert!(
        first.as_str() < due.as_str() && due.as_str() < second.as_str(),
        "{event}"
    );
    assert_eq!(delivered["next_attempt"], Value::Null);
    assert!(
        attempts(&event["delivery"])
            .iter()
            .all(|one| one["duration_ms"].is_u64())
    );
}

#[tokio::test]
async fn an_attempt_without_an_answer_shows_the_error() {
    let api = system().await;
    let anna = customer(&api, "anna", "http://127.0.0.1:1/").await;
    let event = newest_where(&api, &anna, has_attempts(1)).await;
    let attempt = &attempts(&event["delivery"])[0];
    assert_eq!(
        (&event["delivery"]["state"], &attempt["status"]),
        (&json!("pending"), &Value::Null)
    );
    assert!(
        attempt["error"].as_str().unwrap().starts_with("no connection: "),
        "{event}"
    );
}

#[tokio::test]
async fn a_delivery_that_is_given_up_has_failed() {
    let api = system().await;
    let receiver = Receiver::start(|_| Reply::Status(410, "")).await;
    let anna = customer(&api, "anna", &receiver.uri).await;
    let event = newest_where(&api, &anna, is("failed")).await;
    assert_eq!(attempts(&event["delivery"]).len(), 1);
    assert_eq!(attempts(&event["delivery"])[0]["next_attempt"], Value::Null);

    page_where(&api, &anna, |page| page["state"] == "disabled").await;
    let refused = redeliver(&api, &event, &anna).await;
    assert_eq!((refused.status, refused.code()), (409, "webhook_disabled"));
    api.patch(&anna, json!({"name": "Anna"})).await;
    let skipped = newest_where(&api, &anna, is("skipped")).await;
    assert_eq!(skipped["version"], 2);
}

#[tokio::test]
async fn an_event_whose_address_is_gone_has_failed_if_it_was_attempted_and_is_skipped_otherwise() {
    let api = system().await;
    let receiver = Receiver::start(|_| Reply::Status(500, "")).await;
    let anna = customer(&api, "anna", &receiver.uri).await;
    receiver.wait_for(1).await;
    api.patch(&anna, json!({"webhook_uri": null})).await;
    queue_is_empty(&api).await;
    let states = [("skipped", false), ("failed", true)];
    for (event, (state, was_attempted)) in api.events(&anna, 2).await.iter().zip(states) {
        assert_eq!(event["delivery"]["state"], state, "{event}");
        assert_eq!(!attempts(&event["delivery"]).is_empty(), was_attempted, "{event}");
    }
}

#[tokio::test]
async fn an_event_is_delivered_again_under_its_id_as_it_was() {
    let (api, receiver) = (system().await, Receiver::start(|_| OK).await);
    let anna = customer(&api, "anna", &receiver.uri).await;
    newest_where(&api, &anna, is("delivered")).await;
    api.patch(&anna, json!({"name": "Anna"})).await;
    receiver.wait_for(2).await;
    let created = api.events(&anna, 2).await.swap_remove(1);
    let sent = redeliver(&api, &created, &anna).await;
    assert_eq!((sent.status, &sent.body["id"]), (202, &created["id"]));
    let arrived = receiver.wait_for(3).await;
    assert_eq!(arrived[2].header("webhook-id"), created["id"]);
    assert_eq!(
        arrived[2].body, arrived[0].body,
        "what it was, not what it is now"
    );
    queue_is_empty(&api).await;
    let created = api.events(&anna, 2).await.swap_remove(1);
    assert_eq!(created["delivery"]["state"], "delivered");
    assert_eq!(attempts(&created["delivery"]).len(), 2);
}

#[tokio::test]
async fn what_was_delivered_again_stays_delivered_though_the_first_delivery_goes_on_failing() {
    let api = system().await;
    let receiver = Receiver::start(|n| if n == 1 { OK } else { Reply::Status(500, "") }).await;
    let anna = customer(&api, "anna", &receiver.uri).await;
    let event = newest_where(&api, &anna, has_attempts(1)).await;
    assert_eq!(redeliver(&api, &event, &anna).await.status, 202);
    let event = newest_where(&api, &anna, has_attempts(3)).await;
    let statuses: Vec<_> = attempts(&event["delivery"])[..3]
        .iter()
        .map(|one| &one["status"])
        .collect();
    assert_eq!(statuses, [&json!(500), &json!(204), &json!(500)]);
    assert_eq!(event["delivery"]["state"], "delivered");
}

#[tokio::test]
async fn a_test_is_no_event_of_the_history() {
    let (api, receiver) = (system().await, Receiver::start(|_| OK).await);
    let anna = customer(&api, "anna", &receiver.uri).await;
    newest_where(&api, &anna, is("delivered")).await;
    let path = format!("{}/webhook/test", path_of(&anna));
    assert_eq!(api.call("POST", &path).send().await.status, 202);
    receiver.wait_for(2).await;
    queue_is_empty(&api).await;
    let event = newest_where(&api, &anna, |_| true).await;
    assert_eq!(attempts(&event["delivery"]).len(), 1, "{event}");
}

#[tokio::test]
async fn waiting_deliveries_of_an_erased_customer_are_dropped_and_leave_nothing() {
    let api = system().await;
    let receiver = Receiver::start(|_| Reply::Status(500, "")).await;
    let anna = customer(&api, "anna", &receiver.uri).await;
    receiver.wait_for(1).await;
    api.delete(&anna).await;
    receiver.wait_for(2).await;
    assert_eq!(api.erase(&anna, 2).await.status, 200);
    let arrived = receiver.arrived().len();
    queue_is_empty(&api).await;
    // Attempts that were under way at the time may arrive, one for each event.
    assert!(
        receiver.arrived().len() <= arrived + 2,
        "{:?}",
        receiver.arrived()
    );
    tests::invariants::check(&api).await;
    let ids: Vec<_> = receiver
        .arrived()
        .iter()
        .map(|one| one.event()["type"].clone())
        .collect();
    assert!(!ids.contains(&json!("customer.erased")), "{}: {ids:?}", id(&anna));
}
