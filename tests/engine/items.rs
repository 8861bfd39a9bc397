//! What calls leave in the table: two items for a customer, one for an idempotency key, and nothing for a refusal.

use serde_json::{Value, json};
use tests::{TestApp, all_at_once, invariants, path_of};

/// Sends one request after another, each with a name and the expected number of items afterwards.
async fn check(app: &TestApp, calls: Vec<(&str, tests::Call, usize)>) {
    for (name, call, items) in calls {
        let answer = call.send().await;
        assert_eq!(app.items().await.len(), items, "{name}: {answer:?}");
    }
    invariants::check(app).await;
}

#[tokio::test]
async fn a_customer_is_two_items_and_an_idempotency_key_a_third() {
    let app = TestApp::start().await;
    let post = |body: Value| app.call("POST", "/customers").json(body);
    let with_key = |body: Value| post(body).header("idempotency-key", "k1");
    let anna = json!({"username": "anna"});
    let calls = vec![
        ("create", post(json!({"username": "berta"})), 2),
        ("create with a key", with_key(anna.clone()), 5),
        ("repeat it", with_key(anna.clone()), 5),
        (
            "the key with another body",
            with_key(json!({"username": "carla"})),
            5,
        ),
        ("a taken username", post(json!({"username": "ANNA"})), 5),
        ("faults", post(json!({"username": "a b", "colour": "red"})), 5),
        ("a malformed key", post(anna).header("idempotency-key", "a b"), 5),
    ];
    check(&app, calls).await;
}

#[tokio::test]
async fn neither_a_change_nor_a_request_for_an_unknown_customer_adds_items() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let (path, unknown) = (path_of(&anna), "/customers/5e4a0680-804e-11ec-8477-2fea5968d85b");
    let patch = |path: &str, body: Value| app.call("PATCH", path).json(body);
    let calls = vec![
        ("change", patch(&path, json!({"name": "new"})), 2),
        ("rename", patch(&path, json!({"username": "berta"})), 2),
        ("change of case", patch(&path, json!({"username": "BERTA"})), 2),
        (
            "rename of a version that is gone",
            patch(&path, json!({"username": "carla"})).header("if-match", "\"1\""),
            2,
        ),
        ("delete", app.call("DELETE", &path), 2),
        (
            "the username of a deleted customer",
            app.call("POST", "/customers").json(json!({"username": "berta"})),
            2,
        ),
        (
            "rename of a deleted customer",
            patch(&path, json!({"username": "carla"})),
            2,
        ),
        ("restore", app.call("POST", &format!("{path}/restore")), 2),
        (
            "change of an unknown customer",
            patch(unknown, json!({"name": "new"})),
            2,
        ),
        (
            "rename of an unknown customer",
            patch(unknown, json!({"username": "carla"})),
            2,
        ),
        ("delete of an unknown customer", app.call("DELETE", unknown), 2),
        (
            "restore of an unknown customer",
            app.call("POST", &format!("{unknown}/restore")),
            2,
        ),
        (
            "a customer with the name that was given up",
            app.call("POST", "/customers").json(json!({"username": "anna"})),
            4,
        ),
    ];
    check(&app, calls).await;
}

#[tokio::test]
async fn after_a_race_for_a_username_it_has_one_guard_and_the_losers_keep_theirs() {
    let app = TestApp::start().await;
    let mut everyone = Vec::new();
    for n in 0..16 {
        everyone.push(app.create(&format!("customer-{n}")).await);
    }
    let renames = everyone
        .iter()
        .map(|one| app.call("PATCH", &path_of(one)).json(json!({"username": "anna"})));
    let creations = (0..16).map(|_| {
        let call = app.call("POST", "/customers").header("idempotency-key", "k1");
        call.json(json!({"username": "ANNA"}))
    });
    all_at_once(renames.chain(creations)).await;
    // Who won decides the number of items: a rename adds no item; a creation adds three: customer, guard and key.
    let items = app.items().await.len();
    assert!([32, 35].contains(&items), "{items} items");
    invariants::check(&app).await;
}

#[tokio::test]
async fn renames_that_cross_leave_both_guards() {
    let app = TestApp::start().await;
    let (anna, berta) = (app.create("anna").await, app.create("berta").await);
    let calls = [(&anna, "berta"), (&berta, "anna")].map(|(who, username)| {
        app.call("PATCH", &path_of(who))
            .json(json!({"username": username}))
    });
    all_at_once(calls).await;
    assert_eq!(app.items().await.len(), 4);
    invariants::check(&app).await;
}
