//! Endpoints that fail, each in its own way.

use std::time::Duration;

use serde_json::json;
use tests::path_of;

use crate::receiver::{OK, Receiver, Reply, customer, page_where, secret, system};

#[tokio::test]
async fn a_failed_delivery_is_repeated_under_the_same_id_until_it_succeeds() {
    let api = system().await;
    let receiver = Receiver::start(|n| if n < 3 { Reply::Status(500, "") } else { OK }).await;
    let anna = customer(&api, "anna", &receiver.uri).await;
    let secret = secret(&api, &anna).await;
    let failed = page_where(&api, &anna, |page| !page["last_failure"].is_null()).await;
    assert_eq!(failed["last_failure"]["reason"], "the endpoint answered 500");
    let arrived = receiver.wait_for(4).await;
    for one in &arrived {
        assert_eq!(one.header("webhook-id"), arrived[0].header("webhook-id"));
        assert_eq!(one.body, arrived[0].body);
        assert!(one.is_signed_by(&secret), "each attempt is signed anew");
    }
    assert_ne!(
        arrived[0].header("webhook-timestamp"),
        arrived[3].header("webhook-timestamp")
    );
    let page = page_where(&api, &anna, |page| !page["last_success"].is_null()).await;
    assert_eq!(page["state"], "enabled");
}

/// What the page says of an endpoint that replies so to its first request, after which everything is well.
async fn reason_of(reply: Reply) -> (String, Receiver) {
    let api = system().await;
    let receiver = Receiver::start(move |n| if n == 0 { reply.clone() } else { OK }).await;
    let anna = customer(&api, "anna", &receiver.uri).await;
    let page = page_where(&api, &anna, |page| !page["last_failure"].is_null()).await;
    receiver.wait_for(2).await;
    page_where(&api, &anna, |page| !page["last_success"].is_null()).await;
    let reason = page["last_failure"]["reason"].as_str().unwrap().to_owned();
    (reason, receiver)
}

#[tokio::test]
async fn an_endpoint_that_hangs_is_given_15_seconds() {
    let (reason, receiver) = reason_of(Reply::Hang).await;
    assert_eq!(reason, "no answer within 15 seconds");
    let arrived = receiver.arrived();
    assert!(arrived[1].at - arrived[0].at > Duration::from_secs(15));
}

#[tokio::test]
async fn an_endpoint_that_answers_byte_by_byte_is_given_15_seconds() {
    let (reason, _) = reason_of(Reply::Trickle).await;
    assert_eq!(reason, "no answer within 15 seconds");
}

#[tokio::test]
async fn an_answer_may_have_hundreds_of_header_fields() {
    let api = system().await;
    let fields: &'static str = "x-padding: 1\r\n".repeat(900).leak();
    let receiver = Receiver::start(move |_| Reply::Status(204, fields)).await;
    let anna = customer(&api, "anna", &receiver.uri).await;
    let page = page_where(&api, &anna, |page| page["last_success"].is_string()).await;
    assert!(page["last_failure"].is_null(), "{page}");
}

#[tokio::test]
async fn an_answer_with_more_than_64_kib_of_headers_is_a_failure() {
    let fields: &'static str = format!("x-padding: {}\r\n", "a".repeat(65_600)).leak();
    let (reason, _) = reason_of(Reply::Status(204, fields)).await;
    assert_eq!(reason, "the answer's headers have more than 64 KiB");
}

#[tokio::test]
async fn an_endpoint_that_closes_early_has_failed() {
    let (reason, _) = reason_of(Reply::Close).await;
    assert!(reason.starts_with("no complete answer: "), "{reason}");
}

#[tokio::test]
async fn an_answer_without_end_is_a_success_of_which_little_is_read() {
    let api = system().await;
    let receiver = Receiver::start(|_| Reply::Endless).await;
    let anna = customer(&api, "anna", &receiver.uri).await;
    page_where(&api, &anna, |page| !page["last_success"].is_null()).await;
    assert_eq!(receiver.arrived().len(), 1);
    // Besides what is read, the buffers of both sockets hold some of it.
    assert!(receiver.sent() < 16 * 1024 * 1024, "{} bytes", receiver.sent());
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let metadata = "location: http://169.254.169.254/latest/meta-data/\r\n";
    let (reason, receiver) = reason_of(Reply::Status(302, metadata)).await;
    assert_eq!(reason, "the endpoint answered 302");
    let arrived = receiver.arrived();
    assert!(
        arrived.iter().all(|one| one.target == "/hook?for=test"),
        "{arrived:?}"
    );
}

#[tokio::test]
async fn an_endpoint_that_nobody_serves_is_tried_again_and_named_as_unreachable() {
    let api = system().await;
    let anna = customer(&api, "anna", "http://127.0.0.1:1/").await;
    let page = page_where(&api, &anna, |page| !page["last_failure"].is_null()).await;
    let reason = page["last_failure"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("no connection: "), "{reason}");
    assert_eq!(api.server.deliveries().len(), 1, "it waits for its next attempt");
}

#[tokio::test]
async fn an_https_endpoint_that_speaks_no_tls_is_not_spoken_to_in_the_clear() {
    let api = system().await;
    let receiver = Receiver::start(|_| OK).await;
    let uri = receiver.uri.replace("http://", "https://");
    let anna = customer(&api, "anna", &uri).await;
    let page = page_where(&api, &anna, |page| !page["last_failure"].is_null()).await;
    let reason = page["last_failure"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("no connection: "), "{reason}");
    assert!(receiver.arrived().is_empty());
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let api = system().await;
    let receiver = Receiver::start(|n| {
        if n == 0 {
            Reply::Status(429, "retry-after: 4\r\n")
        } else {
            OK
        }
    })
    .await;
    customer(&api, "anna", &receiver.uri).await;
    let arrived = receiver.wait_for(2).await;
    let wait = arrived[1].at - arrived[0].at;
    assert!(
        wait >= Duration::from_secs(3),
        "without it, it is one second: {wait:?}"
    );
}

#[tokio::test]
async fn a_test_is_sent_once_and_its_failure_is_shown() {
    let (api, receiver) = (system().await, Receiver::start(|_| Reply::Status(500, "")).await);
    let anna = api.create("anna").await;
    let path = format!("{}/webhook/test", path_of(&anna));
    let refused = api.call("POST", &path).send().await;
    assert_eq!((refused.status, refused.code()), (409, "no_webhook_uri"));

    // So that no event of a change is sent beside the test.
    api.dynamodb(
        "UpdateItem",
        json!({
            "Key": {"pk": {"S": format!("customer#{}", anna["id"].as_str().unwrap())}},
            "UpdateExpression": "SET webhook_uri = :uri",
            "ExpressionAttributeValues": {":uri": {"S": receiver.uri}},
        }),
    )
    .await;
    receiver.wait_for(1).await;
    let sent = api.call("POST", &path).send().await;
    assert_eq!(sent.status, 202);
    let find = || {
        let arrived = receiver.arrived();
        let tests = arrived
            .iter()
            .filter(|one| one.header("webhook-id") == sent.body["id"]);
        tests.cloned().collect::<Vec<_>>()
    };
    receiver.wait_for(4).await;
    let [test] = &find()[..] else {
        panic!("{:?}", receiver.arrived())
    };
    assert_eq!(test.event()["type"], "webhook.test");
    assert!(test.is_signed_by(&secret(&api, &anna).await));
}
