//! Events that are delivered again while the network or the queue fails, or somebody changes the endpoint meanwhile.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::proxy::Fault;
use tests::runtime::Function;
use tests::{TestApp, id, path_of};
use tokio::time::sleep;

use crate::noting::{LOST, batch, last_batch, start};
use crate::publishing::failed;

/// The path at which the event of the customer's creation is sent again.
fn redelivery(customer: &Value) -> String {
    format!("{}/events/{}.1/redeliver", path_of(customer), id(customer))
}

/// Has that event sent again while the network has these faults from the note on. The event must be queued once.
async fn redeliver_with(faults: impl IntoIterator<Item = Fault>) {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let new = json!({"username": "anna", "webhook_uri": "https://no-such-host.invalid/"});
    let anna = app.post(new).await.body;
    app.events(&anna, 1).await;
    let end = Instant::now() + Duration::from_secs(20);
    while app.server.deliveries().is_empty() {
        assert!(Instant::now() < end, "the first delivery is not queued");
        sleep(Duration::from_millis(10)).await;
    }
    proxy.inject([Fault::Pass; 3]);
    proxy.inject(faults);
    assert_eq!(app.call("POST", &redelivery(&anna)).send().await.status, 202);
    assert_eq!(app.server.deliveries().len(), 2);
}

#[tokio::test]
async fn a_redelivery_that_cannot_be_noted_is_queued_all_the_same() {
    redeliver_with([Fault::Refuse(500, "InternalServerError"); 20]).await;
}

#[tokio::test]
async fn a_redelivery_that_was_skipped_before_it_is_noted_is_shown_as_skipped() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let function = Function::start("deliver-webhook", &app.server, &[]).await;
    let new = json!({"username": "anna", "webhook_uri": "https://no-such-host.invalid/"});
    let anna = app.post(new).await.body;
    app.events(&anna, 1).await;
    for _ in 0..2 {
        let path = path_of(&anna);
        proxy.inject([Fault::Pass; 3]);
        proxy.inject([Fault::Hold]);
        let again = tokio::spawn(app.call("POST", &redelivery(&anna)).send());
        proxy.holds_one().await;
        let set = async |uri: &str| {
            let patch = app
                .call_past_proxy("PATCH", &path)
                .json(json!({"webhook_uri": uri}));
            assert_eq!(patch.send().await.status, 200);
        };
        set("").await;
        assert!(
            failed(&function.invoke(batch(&anna)).await).is_empty(),
            "it is skipped"
        );
        proxy.release();
        assert_eq!(again.await.unwrap().status, 202);
        let row = app
            .history()
            .await
            .into_iter()
            .find(|row| row["version"]["N"] == "1");
        assert_eq!(row.unwrap()["delivery"]["S"], "skipped");
        set("https://no-such-host.invalid/").await;
    }
}

#[tokio::test]
async fn a_redelivery_that_cannot_be_queued_leaves_the_state_as_it_was() {
    let (app, _, deliver, anna) = start().await;
    deliver.invoke(last_batch(&anna)).await;
    let nowhere = [("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:1")];
    let redeliver = Function::start("redeliver-event", &app.server, &nowhere).await;
    let mut event: Value = serde_json::from_str(&tests::read("events/redeliver-event.json")).unwrap();
    event["rawPath"] = json!(redelivery(&anna));
    event["pathParameters"] = json!({"id": id(&anna), "event": format!("{}.1", id(&anna))});
    let answer = redeliver.invoke(event).await;
    assert_eq!(answer["statusCode"], 503, "{answer}");
    let event = app.events(&anna, 1).await.swap_remove(0);
    assert_eq!(event["delivery"]["state"], "failed");
}

#[tokio::test]
async fn a_redelivery_whose_note_is_lost_is_queued_once() {
    for lost in LOST {
        redeliver_with([lost]).await;
    }
}
