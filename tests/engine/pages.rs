//! Whole lists: that the last page has no token and no page of readable customers is empty, where pages begin and end, and
//! what expired events cost.

use local::template::EVENTS_TABLE;
use serde_json::{Value, json};
use tests::{OPERATOR, TestApp, id, pages, path_of};

/// Every page of a list, as usernames.
async fn walk(app: &TestApp, query: &str) -> Vec<Vec<String>> {
    let usernames = |page: &Vec<Value>| {
        let usernames = pages::usernames(page);
        usernames.into_iter().map(str::to_owned).collect()
    };
    let pages = pages::pages(app, OPERATOR, query, |_| false).await;
    pages.iter().map(usernames).collect()
}

#[tokio::test]
async fn every_page_size_shows_everyone_once_newest_first_and_ends_exactly() {
    let app = TestApp::start().await;
    let mut everyone = Vec::new();
    for n in 0..60 {
        let username = format!("customer-{n}");
        app.create(&username).await;
        everyone.insert(0, username);
    }
    for size in 1..=100 {
        let pages = walk(&app, &format!("page_size={size}")).await;
        assert_eq!(pages.concat(), everyone, "page_size={size}");
        assert_eq!(
            pages.len(),
            everyone.len().div_ceil(size),
            "no empty page at the end of page_size={size}"
        );
    }
}

#[tokio::test]
async fn a_page_holds_10_by_default_and_at_most_100() {
    let app = TestApp::start().await;
    app.load(103);
    for (query, size) in [
        ("", 10),
        ("page_size=100", 100),
        ("page_size=101", 100),
        ("page_size=4294967296", 100),
    ] {
        let page = app.get(&format!("/customers?{query}")).await;
        assert_eq!(page.result().len(), size, "{query}");
    }
}

#[tokio::test]
async fn customers_created_in_the_same_microsecond_are_all_shown() {
    let app = TestApp::start().await;
    for n in 0..20 {
        let id = format!("5e4a0680-804e-11ec-8477-2fea596800{n:02}");
        app.seed(&id, &format!("twin-{n:02}"), "2022-02-01 00:00:00.000000")
            .await;
    }
    for size in [1, 3, 7, 20] {
        let mut seen = walk(&app, &format!("page_size={size}")).await.concat();
        seen.sort();
        assert_eq!(seen, (0..20).map(|n| format!("twin-{n:02}")).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_page_that_the_database_cuts_at_1_mb_loses_nobody() {
    let app = TestApp::start().await;
    let large = "x".repeat(65_535);
    for n in 0..40 {
        let answer = app
            .post(json!({"username": format!("large-{n}"), "detail": large}))
            .await;
        assert_eq!(answer.status, 201);
    }
    let pages = walk(&app, "page_size=100").await;
    assert!(pages.len() > 1, "the database cut nothing");
    assert!(pages.iter().all(|page| !page.is_empty()), "a page is empty");
    assert_eq!(
        pages.concat(),
        (0..40).rev().map(|n| format!("large-{n}")).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn thousands_of_expired_events_take_few_queries() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let anna = app.create("anna").await;
    app.events(&anna, 1).await;
    let row = app.history().await.swap_remove(0);
    let expired = (2..3_000).map(|version| {
        let mut row = row.clone();
        row["version"] = json!({"N": version.to_string()});
        row["expires_at"] = json!({"N": "1700000000"});
        serde_json::from_value(row).unwrap()
    });
    let options = dynoxide::ImportOptions::default();
    let database = &app.server.database;
    database
        .import_items(EVENTS_TABLE, expired.collect(), options)
        .unwrap();
    proxy.take_seen();
    let page = app.get(&format!("{}/events?page_size=1", path_of(&anna))).await;
    assert_eq!(page.result()[0]["id"], format!("{}.1", id(&anna)));
    assert_eq!(page.body["next_page_token"], "");
    let seen = proxy.take_seen();
    let queries = seen.iter().filter(|request| request.operation == "Query").count();
    assert!(queries <= 5, "{queries} queries");
}
