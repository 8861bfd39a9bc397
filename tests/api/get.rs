use tests::{TestApp, path_of};

#[tokio::test]
async fn an_unknown_customer_is_404_and_an_id_that_is_no_uuid_400() {
    let app = TestApp::start().await;
    let answer = app.get("/customers/5e4a0680-804e-11ec-8477-2fea5968d85b").await;
    assert_eq!((answer.status, answer.code()), (404, "customer_not_found"));
    for id in ["7", "5e4a0680804e11ec84772fea5968d85b", "%00", "a%2Fb"] {
        let answer = app.get(&format!("/customers/{id}")).await;
        assert_eq!(
            (answer.status, answer.faults()),
            (400, vec!["/id invalid_format".to_owned()]),
            "{id}"
        );
    }
}

#[tokio::test]
async fn a_deleted_customer_is_still_shown() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let deleted = app.delete(&anna).await.body;
    let answer = app.get(&path_of(&anna)).await;
    assert_eq!((answer.status, answer.body), (200, deleted));
}

#[tokio::test]
async fn an_id_of_another_uuid_version_is_found_in_either_case() {
    let app = TestApp::start().await;
    let id = "5e4a0680-804e-11ec-8477-2fea5968d85b";
    app.seed(id, "admin", "2022-02-01 00:00:00.000000").await;
    for spelling in [id.to_owned(), id.to_uppercase()] {
        let answer = app.get(&format!("/customers/{spelling}")).await;
        assert_eq!((answer.status, &answer.body["id"]), (200, &serde_json::json!(id)));
    }
}
