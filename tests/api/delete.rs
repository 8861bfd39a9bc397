//! Deleting and restoring customers.

use serde_json::json;
use tests::{Api, path_of};

#[tokio::test]
async fn deletion_sets_tm_delete_and_nothing_else_and_happens_once() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let first = api.delete(&anna).await;
    assert_eq!((first.status, first.header("etag")), (200, "\"2\""));
    let mut expected = anna.clone();
    expected["tm_delete"] = first.body["tm_delete"].clone();
    assert_eq!(first.body, expected);
    assert!(first.body["tm_delete"].as_str() < Some("9999"));

    let again = api.delete(&anna).await;
    assert_eq!(
        (again.status, again.header("etag"), &again.body),
        (200, "\"2\"", &first.body)
    );
}

#[tokio::test]
async fn deleting_or_restoring_an_unknown_customer_is_404_and_makes_none() {
    let api = Api::start().await;
    let unknown = json!({"id": uuid::Uuid::new_v4().to_string()});
    assert_eq!(api.delete(&unknown).await.status, 404);
    assert_eq!(api.restore(&unknown).await.status, 404);
    assert_eq!(api.get(&path_of(&unknown)).await.status, 404);
}

#[tokio::test]
async fn a_restored_customer_is_as_it_was() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    api.delete(&anna).await;
    let restored = api.restore(&anna).await;
    assert_eq!(
        (restored.status, restored.header("etag"), &restored.body),
        (200, "\"3\"", &anna)
    );
    assert_eq!(api.patch(&anna, json!({"name": "new"})).await.status, 200);
}

#[tokio::test]
async fn only_a_deleted_customer_can_be_restored() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let answer = api.restore(&anna).await;
    assert_eq!((answer.status, answer.code()), (409, "customer_not_deleted"));
    api.delete(&anna).await;
    assert_eq!(api.restore(&anna).await.status, 200);
    assert_eq!(api.restore(&anna).await.status, 409);
}
