//! Reading one customer.

use serde_json::json;
use tests::{Api, path_of};

#[tokio::test]
async fn an_unknown_customer_is_404_and_an_id_that_is_no_uuid_400() {
    let api = Api::start().await;
    let answer = api.get(&format!("/customers/{}", uuid::Uuid::new_v4())).await;
    assert_eq!((answer.status, answer.code()), (404, "customer_not_found"));
    for id in ["7", "5e4a0680804e11ec84772fea5968d85b", "%00"] {
        let answer = api.get(&format!("/customers/{id}")).await;
        assert_eq!(
            (answer.status, answer.faults()),
            (400, vec!["/id invalid_format".to_owned()]),
            "{id}"
        );
    }
}

#[tokio::test]
async fn an_id_is_found_in_either_case() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let id = anna["id"].as_str().unwrap();
    let answer = api.get(&format!("/customers/{}", id.to_uppercase())).await;
    assert_eq!((answer.status, &answer.body["id"]), (200, &json!(id)));
}

#[tokio::test]
async fn a_deleted_customer_is_still_shown() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let deleted = api.delete(&anna).await.body;
    let answer = api.get(&path_of(&anna)).await;
    assert_eq!((answer.status, answer.body), (200, deleted));
}
