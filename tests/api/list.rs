use std::collections::HashSet;

use serde_json::{Value, json};
use tests::{TestApp, all_at_once};

/// Creates this many customers and returns their usernames, newest first.
async fn populate(app: &TestApp, count: usize) -> Vec<String> {
    let mut usernames = Vec::new();
    for n in 0..count {
        let username = format!("customer-{n}");
        app.create(&username).await;
        usernames.insert(0, username);
    }
    usernames
}

fn usernames(customers: &[Value]) -> Vec<String> {
    customers
        .iter()
        .map(|customer| customer["username"].as_str().unwrap().to_owned())
        .collect()
}

/// Walks a list to its end; the sizes of its pages, and everyone on them.
async fn walk(app: &TestApp, query: &str) -> (Vec<usize>, Vec<String>) {
    let (mut sizes, mut everyone, mut token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/customers?{query}&page_token={token}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        sizes.push(page.result().len());
        everyone.extend(usernames(page.result()));
        token = page.body["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            return (sizes, everyone);
        }
    }
}

#[tokio::test]
async fn walking_with_every_page_size_shows_everyone_once_newest_first_and_ends_exactly() {
    let app = TestApp::start().await;
    let everyone = populate(&app, 60).await;
    for size in 1..=100 {
        let (sizes, seen) = walk(&app, &format!("page_size={size}")).await;
        assert_eq!(seen, everyone, "page_size={size}");
        assert_eq!(
            sizes.len(),
            everyone.len().div_ceil(size),
            "no empty page at the end of page_size={size}"
        );
    }
}

#[tokio::test]
async fn walking_while_others_come_and_go_shows_everyone_who_stays_exactly_once() {
    let app = TestApp::start().await;
    let mut everyone = Vec::new();
    for n in 0..40 {
        everyone.push(app.create(&format!("customer-{n}")).await);
    }
    let (mut seen, mut token, mut page_number) = (Vec::new(), String::new(), 0);
    loop {
        let page = app
            .get(&format!("/customers?page_size=3&page_token={token}"))
            .await;
        seen.extend(usernames(page.result()));
        token = page.body["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
        // Between pages somebody comes, and every third of the first customers goes: some already seen, some not
        // yet, and the last one of the page, at which the token stands.
        app.create(&format!("late-{page_number}")).await;
        if page_number % 2 == 0 {
            app.delete(&everyone[page_number * 3]).await;
        }
        app.delete(page.result().last().unwrap()).await;
        page_number += 1;
    }
    let gone: HashSet<_> = usernames(app.get("/customers?deleted=true&page_size=100").await.result())
        .into_iter()
        .collect();
    let seen_once: HashSet<_> = seen.iter().cloned().collect();
    assert_eq!(seen.len(), seen_once.len(), "nobody twice");
    for stayed in usernames(&everyone)
        .into_iter()
        .filter(|username| !gone.contains(username))
    {
        assert!(seen_once.contains(&stayed), "{stayed} was lost");
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
        let (_, mut seen) = walk(&app, &format!("page_size={size}")).await;
        seen.sort();
        assert_eq!(seen, (0..20).map(|n| format!("twin-{n:02}")).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_page_holds_10_by_default_and_at_most_100() {
    let app = TestApp::start().await;
    populate(&app, 103).await;
    for (query, size) in [
        ("", 10),
        ("page_size=100", 100),
        ("page_size=101", 100),
        ("page_size=4294967296", 100),
    ] {
        assert_eq!(
            app.get(&format!("/customers?{query}")).await.result().len(),
            size,
            "{query}"
        );
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
    let (sizes, seen) = walk(&app, "page_size=100").await;
    assert!(sizes.len() > 1, "the database cut nothing: {sizes:?}");
    assert!(sizes.iter().all(|size| *size > 0), "{sizes:?}");
    assert_eq!(
        seen,
        (0..40).rev().map(|n| format!("large-{n}")).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_page_whose_text_swells_as_json_stays_below_lambdas_6_mb() {
    let app = TestApp::start().await;
    let swelling = "\u{1}".repeat(43_600);
    for n in 0..25 {
        let answer = app
            .post(json!({"username": format!("large-{n}"), "detail": swelling}))
            .await;
        assert_eq!(answer.status, 201);
    }
    let page = app.get("/customers?page_size=100").await;
    let answer = json!({"body": page.body.to_string()}).to_string();
    assert!(answer.len() < 6 * 1024 * 1024, "{}", answer.len());
    let (sizes, seen) = walk(&app, "page_size=100").await;
    assert_eq!((sizes.iter().sum::<usize>(), seen.len()), (25, 25), "{sizes:?}");
}

#[tokio::test]
async fn faulty_parameters_are_refused_all_at_once() {
    let app = TestApp::start().await;
    populate(&app, 2).await;
    let token = app.get("/customers?page_size=1").await.body["next_page_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let cut = &token[..token.len() - 1];
    for (query, faults) in [
        ("page_size=0".to_owned(), &["/page_size invalid_format"][..]),
        (
            "page_size=-1&deleted=1".to_owned(),
            &["/deleted not_allowed", "/page_size invalid_format"],
        ),
        ("page_size=ten".to_owned(), &["/page_size invalid_format"]),
        ("page_size=1&page_size=2".to_owned(), &["/page_size repeated"]),
        (
            "colour=red&pagesize=2".to_owned(),
            &["/colour unknown_field", "/pagesize unknown_field"],
        ),
        ("username=".to_owned(), &["/username required"]),
        ("username=a%20b".to_owned(), &["/username invalid_format"]),
        ("page_token=nonsense".to_owned(), &["/page_token invalid_format"]),
        (format!("page_token={cut}"), &["/page_token invalid_format"]),
        (
            format!("page_token={token}&deleted=true"),
            &["/page_token invalid_format"],
        ),
        (
            format!("page_token={token}&username=anna"),
            &["/page_token not_allowed"],
        ),
    ] {
        let answer = app.get(&format!("/customers?{query}")).await;
        assert_eq!(
            (answer.status, answer.faults()),
            (400, faults.iter().map(ToString::to_string).collect()),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_username_finds_its_one_customer_in_any_case() {
    let app = TestApp::start().await;
    let anna = app.create("Anna@example.com").await;
    app.create("berta").await;
    let found = app.get("/customers?username=anna%40EXAMPLE.com").await;
    assert_eq!(found.body, json!({"result": [anna], "next_page_token": ""}));
    assert_eq!(
        app.get("/customers?username=nobody").await.result(),
        [] as [Value; 0]
    );
}

#[tokio::test]
async fn a_username_finds_its_customer_only_in_the_list_that_was_asked_for() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    assert_eq!(
        app.get("/customers?username=anna&deleted=true")
            .await
            .result()
            .len(),
        0
    );
    app.delete(&anna).await;
    assert_eq!(app.get("/customers?username=anna").await.result().len(), 0);
    assert_eq!(
        app.get("/customers?username=anna&deleted=true")
            .await
            .result()
            .len(),
        1
    );
}

#[tokio::test]
async fn deleted_customers_stand_in_a_list_of_their_own() {
    let app = TestApp::start().await;
    let everyone = [
        app.create("anna").await,
        app.create("berta").await,
        app.create("carla").await,
    ];
    app.delete(&everyone[1]).await;
    assert_eq!(walk(&app, "").await.1, ["carla", "anna"]);
    assert_eq!(walk(&app, "deleted=true").await.1, ["berta"]);
    assert_eq!(walk(&app, "deleted=false").await.1, ["carla", "anna"]);
    app.call("POST", &format!("{}/restore", tests::path_of(&everyone[1])))
        .send()
        .await;
    assert_eq!(walk(&app, "").await.1, ["carla", "berta", "anna"]);
}

#[tokio::test]
async fn the_permission_catalogue_is_listed_whole() {
    let app = TestApp::start().await;
    let answer = app.get("/permissions").await;
    assert_eq!(answer.status, 200);
    let catalogue: Value = serde_json::from_str(&tests::read("shared/customer/permissions.json")).unwrap();
    assert_eq!(answer.result().len(), catalogue.as_array().unwrap().len());
    assert_eq!(answer.result()[0]["id"], "03796e14-7cb4-11ec-9dba-e72023efd1c6");
    let everyone = all_at_once((0..8).map(|_| app.call("GET", "/permissions"))).await;
    assert!(
        everyone.iter().all(|one| one.body == answer.body),
        "the same at every call"
    );
}
