//! The page of a customer's webhook, and its secret.

use serde_json::{Value, json};
use tests::{Answer, Api, OPERATOR, READER, customer_token, path_of};

async fn page(api: &Api, token: &str, customer: &Value) -> Answer {
    let path = format!("{}/webhook", path_of(customer));
    api.call_as(token, "GET", &path).send().await
}

async fn rotate(api: &Api, customer: &Value) -> Answer {
    let path = format!("{}/webhook/rotate", path_of(customer));
    api.call("POST", &path).send().await
}

async fn test(api: &Api, customer: &Value) -> Answer {
    let path = format!("{}/webhook/test", path_of(customer));
    api.call("POST", &path).send().await
}

#[tokio::test]
async fn a_webhook_is_enabled_while_there_is_an_address_and_a_method() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let unset = page(&api, OPERATOR, &anna).await;
    assert_eq!((unset.status, &unset.body["state"]), (200, &json!("unset")));
    assert_eq!(unset.body["last_success"], Value::Null);
    let webhook_uri = "https://no-such-host.invalid/";
    api.patch(&anna, json!({"webhook_uri": webhook_uri})).await;
    assert_eq!(page(&api, OPERATOR, &anna).await.body["state"], "enabled");
    for nothing in [
        json!({"webhook_method": null}),
        json!({"webhook_method": "PUT", "webhook_uri": null}),
    ] {
        api.patch(&anna, nothing).await;
        assert_eq!(page(&api, OPERATOR, &anna).await.body["state"], "unset");
        assert_eq!(test(&api, &anna).await.code(), "no_webhook_uri");
    }
}

#[tokio::test]
async fn the_secret_is_made_once_and_shown_to_those_who_may_write_the_record() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let unmade = page(&api, READER, &anna).await;
    assert_eq!(unmade.body["secret"], "", "a reader makes none");
    let made = page(&api, OPERATOR, &anna).await.body["secret"].clone();
    assert!(made.as_str().unwrap().starts_with("whsec_"), "{made}");
    assert_eq!(page(&api, OPERATOR, &anna).await.body["secret"], made);
    assert_eq!(page(&api, READER, &anna).await.body["secret"], "********");
    let own = customer_token(&anna);
    if api.lets_in(&own) {
        assert_eq!(page(&api, &own, &anna).await.body["secret"], made);
    }
    let other = api.create_unique("berta").await;
    assert_ne!(page(&api, OPERATOR, &other).await.body["secret"], made);
}

#[tokio::test]
async fn a_rotation_makes_a_new_secret_and_names_the_end_of_the_old_one() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let first = rotate(&api, &anna).await;
    assert_eq!(first.status, 200);
    let second = rotate(&api, &anna).await;
    assert_ne!(first.body["secret"], second.body["secret"]);
    assert!(second.body["previous_secret_until"].is_string());
    assert_eq!(page(&api, OPERATOR, &anna).await.body, second.body);
}

#[tokio::test]
async fn rotations_at_the_same_time_all_succeed_and_one_of_their_secrets_remains() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let path = format!("{}/webhook/rotate", path_of(&anna));
    let rotated = tests::all_at_once((0..10).map(|_| api.call("POST", &path))).await;
    let secrets: Vec<_> = rotated
        .iter()
        .map(|answer| answer.body["secret"].clone())
        .collect();
    assert!(rotated.iter().all(|answer| answer.status == 200), "{rotated:?}");
    let last = page(&api, OPERATOR, &anna).await.body["secret"].clone();
    assert!(secrets.contains(&last));
}

#[tokio::test]
async fn a_test_needs_an_address() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let refused = test(&api, &anna).await;
    assert_eq!((refused.status, refused.code()), (409, "no_webhook_uri"));
    let webhook_uri = "https://no-such-host.invalid/";
    api.patch(&anna, json!({"webhook_uri": webhook_uri})).await;
    let sent = test(&api, &anna).await;
    assert_eq!(sent.status, 202);
    let id = sent.body["id"].as_str().unwrap();
    assert!(id.starts_with(&format!("{}.test-", tests::id(&anna))), "{id}");
}

#[tokio::test]
async fn a_customer_that_does_not_exist_has_no_webhook() {
    let api = Api::start().await;
    let nobody = json!({"id": uuid::Uuid::now_v7()});
    for answer in [
        page(&api, OPERATOR, &nobody).await,
        rotate(&api, &nobody).await,
        test(&api, &nobody).await,
    ] {
        assert_eq!((answer.status, answer.code()), (404, "customer_not_found"));
    }
}
