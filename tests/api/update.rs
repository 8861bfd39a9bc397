//! Changing customers.

use serde_json::json;
use tests::{Api, pages, path_of};

#[tokio::test]
async fn put_and_patch_change_what_they_name_clear_what_is_null_and_leave_the_rest() {
    for method in ["PUT", "PATCH"] {
        let api = Api::start().await;
        let new =
            json!({"username": api.unique("anna"), "name": "Anna", "detail": "d", "line_token": "made-up"});
        let before = api.post(new).await.body;
        let change =
            json!({"name": "Anna B.", "detail": null, "webhook_method": "", "line_secret": "made-up too"});
        let answer = api.call(method, &path_of(&before)).json(change).send().await;
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
        assert_eq!(api.get(&path_of(&before)).await.body, expected);
    }
}

#[tokio::test]
async fn a_faulty_update_changes_nothing() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let answer = api
        .patch(
            &anna,
            json!({"name": "new", "webhook_method": "TRACE", "username": ""}),
        )
        .await;
    assert_eq!(answer.status, 400);
    let mut faults = answer.faults();
    faults.sort();
    assert_eq!(faults, ["/username required", "/webhook_method not_allowed"]);
    assert_eq!(api.get(&path_of(&anna)).await.body, anna);
}

#[tokio::test]
async fn a_deleted_customer_cannot_be_updated_and_an_unknown_one_is_not_found() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let deleted = api.delete(&anna).await.body;
    for change in [json!({"name": "new"}), json!({"username": api.unique("berta")})] {
        let answer = api.patch(&anna, change).await;
        assert_eq!((answer.status, answer.code()), (409, "customer_deleted"));
    }
    assert_eq!(api.get(&path_of(&anna)).await.body, deleted);
    let unknown = json!({"id": uuid::Uuid::new_v4().to_string()});
    for change in [json!({"name": "new"}), json!({"username": api.unique("berta")})] {
        assert_eq!(api.patch(&unknown, change).await.status, 404);
    }
    assert_eq!(
        api.get(&path_of(&unknown)).await.status,
        404,
        "an update makes no customer"
    );
}

#[tokio::test]
async fn a_new_username_is_taken_and_the_old_one_given_up() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let berta = api.unique("berta");
    let change = json!({"username": berta, "name": "Berta"});
    let answer = api.patch(&anna, change.clone()).await;
    assert_eq!((answer.status, answer.header("etag")), (200, "\"2\""));
    for field in ["username", "name"] {
        assert_eq!(answer.body[field], change[field]);
    }
    assert_eq!(api.get(&path_of(&anna)).await.body, answer.body);
    assert_eq!(
        api.post(json!({"username": api.unique("BERTA")})).await.status,
        409
    );
    assert_eq!(api.post(json!({"username": anna["username"]})).await.status, 201);
}

#[tokio::test]
async fn a_username_can_change_its_case_and_be_set_to_what_it_is() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    for username in ["Anna", "Anna", "ANNA"].map(|name| api.unique(name)) {
        let answer = api.patch(&anna, json!({"username": username})).await;
        assert_eq!((answer.status, &answer.body["username"]), (200, &json!(username)));
    }
    assert_eq!(api.post(json!({"username": anna["username"]})).await.status, 409);
}

#[tokio::test]
async fn a_taken_username_changes_nothing() {
    let api = Api::start().await;
    let (anna, berta) = (api.create_unique("anna").await, api.create_unique("berta").await);
    api.delete(&berta).await;
    let answer = api
        .patch(&anna, json!({"username": api.unique("Berta"), "name": "new"}))
        .await;
    assert_eq!((answer.status, answer.code()), (409, "username_taken"));
    assert_eq!(api.get(&path_of(&anna)).await.body, anna);
}

#[tokio::test]
async fn an_update_that_names_nothing_is_an_update_all_the_same() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let answer = api.patch(&anna, json!({})).await;
    assert_eq!((answer.status, answer.header("etag")), (200, "\"2\""));
    assert_eq!(answer.body["tm_create"], anna["tm_create"]);
}

#[tokio::test]
async fn the_list_shows_an_update_at_the_customers_old_place() {
    let api = Api::start().await;
    let (anna, berta) = (api.create_unique("anna").await, api.create_unique("berta").await);
    let everyone = [berta, api.patch(&anna, json!({"name": "new"})).await.body];
    api.wait_for_index().await;
    assert_eq!(pages::own(&api, "page_size=100", &everyone).await, everyone);
}
