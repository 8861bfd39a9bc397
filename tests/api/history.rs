//! A customer's events: what changed, who changed it, and what became of the delivery.

use serde_json::{Value, json};
use tests::{Answer, Api, OPERATOR, READER, customer_token, id, path_of};

async fn events_as(api: &Api, token: &str, customer: &Value, query: &str) -> Answer {
    let path = format!("{}/events?{query}", path_of(customer));
    api.call_as(token, "GET", &path).send().await
}

async fn redeliver(api: &Api, customer: &Value, event: &str) -> Answer {
    let path = format!("{}/events/{event}/redeliver", path_of(customer));
    api.call("POST", &path).send().await
}

#[tokio::test]
async fn each_change_is_an_event_newest_first_with_what_it_was_and_who_made_it() {
    let api = Api::start().await;
    let new = json!({"username": api.unique("anna"), "line_secret": "made-up-secret"});
    let anna = api.post(new).await.body;
    api.patch(&anna, json!({"name": "Anna"})).await;
    // It changes nothing, so it is no event.
    api.patch(&anna, json!({})).await;
    api.delete(&anna).await;
    api.restore(&anna).await;
    let events = api.events(&anna, 4).await;
    let shown: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event["type"].as_str().unwrap(),
                event["version"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("customer.restored", 5),
        ("customer.deleted", 4),
        ("customer.updated", 2),
        ("customer.created", 1),
    ];
    assert_eq!(shown, expected);
    for event in &events {
        assert_eq!(event["id"], format!("{}.{}", id(&anna), event["version"]));
        assert_eq!(event["by"]["kind"], "operator", "{event}");
        assert!(event["by"]["subject"].is_string(), "{event}");
        assert_eq!(event["data"]["line_secret"], "********");
        assert_eq!(event["delivery"], json!({"state": "skipped", "attempts": []}));
    }
    assert_eq!(events[2]["changed"], json!(["name"]));
    assert_eq!(
        (&events[2]["data"]["name"], &events[3]["data"]["name"]),
        (&json!("Anna"), &json!(""))
    );
}

#[tokio::test]
async fn the_timestamps_of_events_are_in_the_order_of_the_changes() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    for _ in 0..3 {
        api.delete(&anna).await;
        api.restore(&anna).await;
    }
    let events = api.events(&anna, 7).await;
    let times: Vec<_> = events
        .iter()
        .map(|event| event["timestamp"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
}

#[tokio::test]
async fn a_customer_and_a_reader_see_the_kind_of_author_and_not_whose_token_it_was() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let own = customer_token(&anna);
    let by_itself = api.lets_in(&own);
    if by_itself {
        let call = api.call_as(&own, "PATCH", &path_of(&anna));
        assert_eq!(call.json(json!({"name": "Anna"})).send().await.status, 200);
    }
    let authors = if by_itself {
        &["customer", "operator"][..]
    } else {
        &["operator"]
    };
    api.events(&anna, authors.len()).await;
    for token in [OPERATOR, READER, &own] {
        if !api.lets_in(token) {
            continue;
        }
        let answer = events_as(&api, token, &anna, "").await;
        let kinds: Vec<_> = answer.result().iter().map(|event| &event["by"]["kind"]).collect();
        assert_eq!(kinds, authors, "{token}");
        for event in answer.result() {
            assert_eq!(
                event["by"].get("subject").is_some(),
                token == OPERATOR,
                "{token}: {event}"
            );
        }
    }
}

#[tokio::test]
async fn pages_show_every_event_once_and_only_the_last_one_has_no_token() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    for n in 0..5 {
        api.patch(&anna, json!({"name": format!("{n}")})).await;
    }
    api.events(&anna, 6).await;
    for size in 1..=6 {
        let mut versions = Vec::new();
        let mut token = String::new();
        loop {
            let query = format!("page_size={size}&page_token={token}");
            let page = events_as(&api, OPERATOR, &anna, &query).await;
            versions.extend(
                page.result()
                    .iter()
                    .map(|event| event["version"].as_u64().unwrap()),
            );
            token = page.next_page_token().to_owned();
            if token.is_empty() {
                break;
            }
            assert_eq!(page.result().len(), size);
        }
        assert_eq!(versions, [6, 5, 4, 3, 2, 1], "pages of {size}");
    }
}

#[tokio::test]
async fn a_wrong_page_size_or_the_token_of_another_list_is_refused() {
    let api = Api::start().await;
    let (anna, berta) = (api.create_unique("anna").await, api.create_unique("berta").await);
    api.patch(&anna, json!({"name": "Anna"})).await;
    api.events(&anna, 2).await;
    let token = events_as(&api, OPERATOR, &anna, "page_size=1").await;
    let token = token.next_page_token();
    for (customer, query, fault) in [
        (&anna, "page_size=0".to_owned(), "/page_size invalid_format"),
        (&anna, "page_token=x".to_owned(), "/page_token invalid_format"),
        (
            &berta,
            format!("page_token={token}"),
            "/page_token invalid_format",
        ),
        (&anna, "deleted=true".to_owned(), "/deleted unknown_field"),
    ] {
        assert_eq!(
            events_as(&api, OPERATOR, customer, &query).await.faults(),
            [fault],
            "{query}"
        );
    }
    let list = api.get(&format!("/customers?page_token={token}")).await;
    assert_eq!(list.faults(), ["/page_token invalid_format"]);
}

#[tokio::test]
async fn only_an_event_of_this_customer_is_sent_again() {
    let api = Api::start().await;
    let webhook_uri = "https://no-such-host.invalid/";
    let new = json!({"username": api.unique("anna"), "webhook_uri": webhook_uri});
    let anna = api.post(new).await.body;
    let berta = api.create_unique("berta").await;
    api.events(&anna, 1).await;
    api.events(&berta, 1).await;
    for event in [
        format!("{}.2", id(&anna)),
        format!("{}.1", id(&berta)),
        format!("{}.test-1", id(&anna)),
        format!("{}.-1", id(&anna)),
        format!("{}.+1", id(&anna)),
        format!("{}.01", id(&anna)),
        "1".to_owned(),
    ] {
        let answer = redeliver(&api, &anna, &event).await;
        assert_eq!(
            (answer.status, answer.code()),
            (404, "event_not_found"),
            "{event}"
        );
    }
    let sent = redeliver(&api, &anna, &format!("{}.1", id(&anna))).await;
    assert_eq!(
        (sent.status, &sent.body),
        (202, &json!({"id": format!("{}.1", id(&anna))}))
    );
    let in_upper_case = format!("{}.1", id(&anna)).to_uppercase();
    assert_eq!(redeliver(&api, &anna, &in_upper_case).await.status, 202);
    let refused = redeliver(&api, &berta, &format!("{}.1", id(&berta))).await;
    assert_eq!((refused.status, refused.code()), (409, "no_webhook_uri"));
}

#[tokio::test]
async fn a_customer_that_does_not_exist_has_no_events() {
    let api = Api::start().await;
    let nobody = json!({"id": uuid::Uuid::now_v7()});
    for answer in [
        events_as(&api, OPERATOR, &nobody, "").await,
        redeliver(&api, &nobody, &format!("{}.1", id(&nobody))).await,
    ] {
        assert_eq!((answer.status, answer.code()), (404, "customer_not_found"));
    }
}
