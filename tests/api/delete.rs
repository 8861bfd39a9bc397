use serde_json::json;
use tests::{Answer, TestApp, path_of};

async fn restore(app: &TestApp, customer: &serde_json::Value) -> Answer {
    app.call("POST", &format!("{}/restore", path_of(customer)))
        .send()
        .await
}

#[tokio::test]
async fn deletion_sets_tm_delete_and_nothing_else_and_happens_once() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let first = app.delete(&anna).await;
    assert_eq!((first.status, first.header("etag")), (200, "\"2\""));
    let mut expected = anna.clone();
    expected["tm_delete"] = first.body["tm_delete"].clone();
    assert_eq!(first.body, expected);
    assert!(first.body["tm_delete"].as_str() < Some("9999"));

    let again = app.delete(&anna).await;
    assert_eq!(
        (again.status, again.header("etag"), &again.body),
        (200, "\"2\"", &first.body)
    );
}

#[tokio::test]
async fn deleting_or_restoring_an_unknown_customer_is_404_and_makes_no_item() {
    let app = TestApp::start().await;
    let unknown = json!({"id": "5e4a0680-804e-11ec-8477-2fea5968d85b"});
    assert_eq!(app.delete(&unknown).await.status, 404);
    assert_eq!(restore(&app, &unknown).await.status, 404);
    assert_eq!(app.items().await.len(), 0);
}

#[tokio::test]
async fn a_restored_customer_is_as_it_was() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    app.delete(&anna).await;
    let restored = restore(&app, &anna).await;
    assert_eq!(
        (restored.status, restored.header("etag"), &restored.body),
        (200, "\"3\"", &anna)
    );
    assert_eq!(app.patch(&anna, json!({"name": "new"})).await.status, 200);
}

#[tokio::test]
async fn only_a_deleted_customer_can_be_restored() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let answer = restore(&app, &anna).await;
    assert_eq!((answer.status, answer.code()), (409, "customer_not_deleted"));
    app.delete(&anna).await;
    assert_eq!(restore(&app, &anna).await.status, 200);
    assert_eq!(restore(&app, &anna).await.status, 409);
}
