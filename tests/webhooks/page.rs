//! The page of a webhook, on this machine. `tests/api/webhook.rs` has what holds in any deployment.

use serde_json::json;
use tests::{id, path_of};

use crate::receiver::{OK, Receiver, customer, page_where, secret, system};

#[tokio::test]
async fn the_secret_is_in_an_item_of_its_own_and_in_no_list() {
    let (api, receiver) = (system().await, Receiver::start(|_| OK).await);
    let anna = customer(&api, "anna", &receiver.uri).await;
    let secret = secret(&api, &anna).await;
    page_where(&api, &anna, |page| !page["last_success"].is_null()).await;
    let items = api.items().await;
    let with_it: Vec<_> = items
        .iter()
        .filter(|item| item.to_string().contains(&secret))
        .map(|item| item["pk"]["S"].as_str().unwrap())
        .collect();
    assert_eq!(with_it, [format!("webhook#{}", id(&anna))]);
    let list = api.get("/customers").await;
    assert_eq!(list.result().len(), 1);
    assert!(!list.body.to_string().contains("whsec_"));
    assert!(!api.get(&path_of(&anna)).await.body.to_string().contains("whsec_"));
}

#[tokio::test]
async fn the_first_delivery_makes_the_secret_that_the_page_shows_later() {
    let (api, receiver) = (system().await, Receiver::start(|_| OK).await);
    let anna = customer(&api, "anna", &receiver.uri).await;
    let arrived = receiver.wait_for(1).await;
    assert!(arrived[0].is_signed_by(&secret(&api, &anna).await));
}

#[tokio::test]
async fn a_deleted_customers_last_event_is_delivered_and_its_webhook_still_shown() {
    let (api, receiver) = (system().await, Receiver::start(|_| OK).await);
    let anna = customer(&api, "anna", &receiver.uri).await;
    receiver.wait_for(1).await;
    api.delete(&anna).await;
    let arrived = receiver.wait_for(2).await;
    assert_eq!(arrived[1].event()["type"], json!("customer.deleted"));
    assert_eq!(api.get(&format!("{}/webhook", path_of(&anna))).await.status, 200);
}
