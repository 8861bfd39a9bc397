use serde_json::{Value, json};
use tests::{TestApp, path_of};

#[tokio::test]
async fn put_and_patch_change_what_they_name_clear_what_is_null_and_leave_the_rest() {
    for method in ["PUT", "PATCH"] {
        let app = TestApp::start().await;
        let new = json!({"username": "anna", "name": "Anna", "detail": "d", "line_token": "made-up"});
        let before = app.post(new).await.body;
        let change =
            json!({"name": "Anna B.", "detail": null, "webhook_method": "", "line_secret": "made-up too"});
        let answer = app.call(method, &path_of(&before)).json(change).send().await;
        assert_eq!((answer.status, answer.header("etag")), (200, "\"2\""), "{method}");

        let mut expected = before.clone();
        for (field, value) in [
            ("name", "Anna B."),
            ("detail", ""),
            ("webhook_method", ""),
            ("line_secret", "made-up too"),
        ] {
            expected[field] = json!(value);
        }
        expected["tm_update"] = answer.body["tm_update"].clone();
        assert_eq!(answer.body, expected);
        assert!(answer.body["tm_update"].as_str() > before["tm_update"].as_str());
        assert_eq!(app.get(&path_of(&before)).await.body, expected);
    }
}

#[tokio::test]
async fn a_faulty_update_changes_nothing() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let answer = app
        .patch(
            &anna,
            json!({"name": "new", "webhook_method": "TRACE", "username": ""}),
        )
        .await;
    assert_eq!(answer.status, 400);
    let mut faults = answer.faults();
    faults.sort();
    assert_eq!(faults, ["/username required", "/webhook_method not_allowed"]);
    assert_eq!(app.get(&path_of(&anna)).await.body, anna);
}

#[tokio::test]
async fn a_deleted_customer_cannot_be_updated_and_an_unknown_one_is_not_found() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let deleted = app.delete(&anna).await.body;
    for change in [json!({"name": "new"}), json!({"username": "berta"})] {
        let answer = app.patch(&anna, change).await;
        assert_eq!((answer.status, answer.code()), (409, "customer_deleted"));
    }
    assert_eq!(app.get(&path_of(&anna)).await.body, deleted);
    let unknown = json!({"id": "5e4a0680-804e-11ec-8477-2fea5968d85b"});
    for change in [json!({"name": "new"}), json!({"username": "berta"})] {
        assert_eq!(app.patch(&unknown, change).await.status, 404);
    }
    assert_eq!(app.items().await.len(), 2, "an update makes no item");
}

#[tokio::test]
async fn a_new_username_is_taken_and_the_old_one_given_up() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let answer = app
        .patch(&anna, json!({"username": "berta", "name": "Berta"}))
        .await;
    assert_eq!((answer.status, answer.header("etag")), (200, "\"2\""));
    assert_eq!(
        (&answer.body["username"], &answer.body["name"]),
        (&json!("berta"), &json!("Berta"))
    );
    assert_eq!(app.get(&path_of(&anna)).await.body, answer.body);
    assert_eq!(app.post(json!({"username": "BERTA"})).await.status, 409);
    assert_eq!(app.post(json!({"username": "anna"})).await.status, 201);
    assert_eq!(app.items().await.len(), 4, "two customers and two guards");
}

#[tokio::test]
async fn a_username_can_change_its_case_and_be_set_to_what_it_is() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    for username in ["Anna", "Anna", "ANNA"] {
        let answer = app.patch(&anna, json!({"username": username})).await;
        assert_eq!((answer.status, &answer.body["username"]), (200, &json!(username)));
    }
    assert_eq!(app.post(json!({"username": "anna"})).await.status, 409);
    assert_eq!(app.items().await.len(), 2);
}

#[tokio::test]
async fn a_taken_username_changes_nothing() {
    let app = TestApp::start().await;
    let (anna, berta) = (app.create("anna").await, app.create("berta").await);
    app.delete(&berta).await;
    let answer = app
        .patch(&anna, json!({"username": "Berta", "name": "new"}))
        .await;
    assert_eq!((answer.status, answer.code()), (409, "username_taken"));
    assert_eq!(app.get(&path_of(&anna)).await.body, anna);
}

#[tokio::test]
async fn an_update_that_names_nothing_is_an_update_all_the_same() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let answer = app.patch(&anna, json!({})).await;
    assert_eq!((answer.status, answer.header("etag")), (200, "\"2\""));
    assert_eq!(answer.body["tm_create"], anna["tm_create"]);
}

#[tokio::test]
async fn the_list_shows_an_update_at_the_customers_old_place() {
    let app = TestApp::start().await;
    let (anna, berta) = (app.create("anna").await, app.create("berta").await);
    let anna = app.patch(&anna, json!({"name": "new"})).await.body;
    assert_eq!(
        app.get("/customers").await.body["result"],
        Value::from(vec![berta, anna])
    );
}
