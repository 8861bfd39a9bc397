//! Stored items of the first release, items that lack fields, and damaged ones.

use serde_json::{Value, json};
use tests::{Answer, OPERATOR, TestApp, pages};

const ID: &str = "5e4a0680-804e-11ec-8477-2fea5968d85b";

/// A customer's item as the first release wrote it.
fn first_release() -> Value {
    json!({
        "pk": {"S": format!("customer#{ID}")},
        "id": {"S": ID},
        "username": {"S": "Admin"},
        "name": {"S": "admin"},
        "detail": {"S": "admin account"},
        "webhook_method": {"S": "POST"},
        "webhook_uri": {"S": "https://en7evajwhmqbt.x.pipedream.net"},
        "line_secret": {"S": "ba5f0575d826d5b4a052a43145ef1391"},
        "line_token": {"S": "made-up-token"},
        "permission_ids": {"L": [{"S": "03796e14-7cb4-11ec-9dba-e72023efd1c6"}]},
        "tm_create": {"S": "2022-02-01 00:00:00.000000"},
        "tm_update": {"S": "2022-06-16 08:37:16.952738"},
        "tm_delete": {"S": "9999-01-01 00:00:00.000000"},
        "version": {"N": "7"},
        "listing": {"S": "live"},
        "listed_at": {"S": format!("2022-02-01 00:00:00.000000#{ID}")},
        "writes": {"L": [
            {"B": "AZqyOfsgcXqNwgmxY4oIUg=="}, {"B": "AZqyOfrjc4CYAm4UrVTh9Q=="},
            {"B": "AZqyOfqncO6aNnQ/H1nEmA=="}, {"B": "AZqyOfppd1eKJPVSCHOBMA=="},
        ]},
    })
}

async fn put(app: &TestApp, item: &Value) {
    app.dynamodb("PutItem", json!({"Item": item})).await;
}

async fn get(app: &TestApp) -> Answer {
    app.get(&format!("/customers/{ID}")).await
}

/// Changes one customer's item past the API.
async fn change(app: &TestApp, id: &str, expression: &str, value: Option<Value>) {
    let mut update = json!({
        "Key": {"pk": {"S": format!("customer#{id}")}},
        "UpdateExpression": expression,
    });
    if let Some(value) = value {
        update["ExpressionAttributeValues"] = json!({":value": value});
    }
    app.dynamodb("UpdateItem", update).await;
}

#[tokio::test]
async fn an_item_of_the_first_release_is_read_listed_and_updated() {
    let app = TestApp::start().await;
    put(&app, &first_release()).await;
    let answer = get(&app).await;
    assert_eq!((answer.status, answer.header("etag")), (200, "\"7\""));
    assert_eq!(
        answer.body,
        json!({
            "id": ID,
            "username": "Admin",
            "name": "admin",
            "detail": "admin account",
            "webhook_method": "POST",
            "webhook_uri": "https://en7evajwhmqbt.x.pipedream.net",
            "line_secret": "ba5f0575d826d5b4a052a43145ef1391",
            "line_token": "made-up-token",
            "permission_ids": ["03796e14-7cb4-11ec-9dba-e72023efd1c6"],
            "tm_create": "2022-02-01 00:00:00.000000",
            "tm_update": "2022-06-16 08:37:16.952738",
            "tm_delete": "9999-01-01 00:00:00.000000",
        })
    );
    assert_eq!(
        app.get("/customers").await.result(),
        std::slice::from_ref(&answer.body)
    );
    let updated = app.patch(&answer.body, json!({"name": "new"})).await;
    assert_eq!((updated.status, updated.header("etag")), (200, "\"8\""));
}

#[tokio::test]
async fn a_field_that_an_item_lacks_has_its_default() {
    for (attribute, default) in [
        ("id", json!(ID)),
        ("name", json!("")),
        ("detail", json!("")),
        ("webhook_method", json!("POST")),
        ("webhook_uri", json!("")),
        ("line_secret", json!("")),
        ("line_token", json!("")),
        ("permission_ids", json!([])),
        ("tm_update", json!("2022-02-01 00:00:00.000000")),
        ("tm_delete", json!("9999-01-01 00:00:00.000000")),
    ] {
        let app = TestApp::start().await;
        let mut item = first_release();
        item.as_object_mut().unwrap().remove(attribute);
        put(&app, &item).await;
        let answer = get(&app).await;
        assert_eq!(
            (answer.status, &answer.body[attribute]),
            (200, &default),
            "{attribute}"
        );
        assert_eq!(
            app.get("/customers").await.result(),
            std::slice::from_ref(&answer.body),
            "{attribute}"
        );
        let updated = app.patch(&answer.body, json!({"detail": "new"})).await;
        assert_eq!(updated.status, 200, "{attribute}");
    }
}

#[tokio::test]
async fn a_customer_whose_creation_and_change_have_the_time_that_means_never_can_be_read_deleted_and_erased()
{
    const NEVER: &str = "9999-01-01 00:00:00.000000";
    let app = TestApp::start().await;
    app.seed(ID, "admin", NEVER).await;
    let customer = get(&app).await;
    assert_eq!(customer.status, 200);
    for field in ["tm_create", "tm_update", "tm_delete"] {
        assert_eq!(customer.body[field], NEVER, "{field}");
    }
    assert_eq!(
        app.get("/customers").await.result(),
        std::slice::from_ref(&customer.body)
    );
    assert_eq!(app.delete(&customer.body).await.status, 200);
    assert_eq!(app.erase(&customer.body, 2).await.status, 200);
}

/// Damage to an attribute that makes an item unreadable, or hides it in the list.
const DAMAGED: [(&str, &str, Option<&str>); 7] = [
    ("SET username = :value", "username", Some(r#"{"N": "5"}"#)),
    ("REMOVE username", "username", None),
    (
        "SET line_secret = :value",
        "line_secret",
        Some(r#"{"BOOL": true}"#),
    ),
    (
        "SET tm_create = :value",
        "tm_create",
        Some(r#"{"S": "yesterday"}"#),
    ),
    (
        "SET permission_ids = :value",
        "permission_ids",
        Some(r#"{"L": [{"S": "x"}]}"#),
    ),
    ("REMOVE version", "version", None),
    ("SET listed_at = :value", "listed_at", Some(r#"{"S": "zzz"}"#)),
];

#[tokio::test]
async fn a_damaged_customer_is_left_out_of_lists_and_hides_no_other() {
    for (expression, attribute, value) in DAMAGED {
        for position in 0..3 {
            let app = TestApp::start().await;
            let mut ids = Vec::new();
            for n in 0..3 {
                let id = format!("5e4a0680-804e-11ec-8477-2fea5968d85{n}");
                let tm_create = format!("2022-02-01 00:00:00.00000{n}");
                app.seed(&id, &format!("customer-{n}"), &tm_create).await;
                ids.push(id);
            }
            let value = value.map(|value| serde_json::from_str(value).unwrap());
            change(&app, &ids[position], expression, value).await;
            let damaged = ids.remove(position);
            ids.reverse();
            for page_size in [1, 2, 3, 10] {
                let query = format!("page_size={page_size}");
                let shown = pages::pages(&app, OPERATOR, &query, |_| false).await.concat();
                let shown: Vec<_> = shown.iter().map(|one| one["id"].as_str().unwrap()).collect();
                assert_eq!(shown, ids, "{attribute}, pages of {page_size}");
            }
            let answer = app.get(&format!("/customers/{damaged}")).await;
            // `listed_at` is an index key, not a field, so `get` still works.
            let status = if attribute == "listed_at" { 200 } else { 500 };
            assert_eq!(answer.status, status, "{attribute}");
        }
    }
}

#[tokio::test]
async fn an_id_of_another_uuid_version_is_found_in_either_case() {
    let app = TestApp::start().await;
    app.seed(ID, "admin", "2022-02-01 00:00:00.000000").await;
    for spelling in [ID.to_owned(), ID.to_uppercase()] {
        let answer = app.get(&format!("/customers/{spelling}")).await;
        assert_eq!((answer.status, &answer.body["id"]), (200, &json!(ID)));
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_left_out_and_hides_no_other() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    for name in ["b", "c"] {
        app.patch(&anna, json!({"name": name})).await;
    }
    app.events(&anna, 3).await;
    for (version, attribute) in [("1", "event"), ("2", "delivery")] {
        let damage = json!({
            "TableName": "EventsTable",
            "Key": {"customer_id": {"S": anna["id"]}, "version": {"N": version}},
            "UpdateExpression": "SET #attribute = :value",
            "ExpressionAttributeNames": {"#attribute": attribute},
            "ExpressionAttributeValues": {":value": {"S": "made-up"}},
        });
        app.dynamodb("UpdateItem", damage).await;
    }
    let answer = app.get(&format!("{}/events", tests::path_of(&anna))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let events = answer.body["result"].as_array().unwrap();
    assert_eq!((events.len(), &events[0]["version"]), (1, &json!(3)));
}
