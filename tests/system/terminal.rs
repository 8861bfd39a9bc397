//! The commands `get`, `list` and `events`.

mod asking;
mod events;
mod failing;

use axum::Router;
use customer::Customer;
use serde_json::{Value, json};
use tests::{READER, TestApp, customer_token, id};

use self::asking::{ask, ask_with, url};

const ADMIN: &str = "03796e14-7cb4-11ec-9dba-e72023efd1c6";

/// A customer with secrets, a permission, and text that is hard on a terminal.
async fn create(app: &TestApp, username: &str) -> Value {
    let new = json!({
        "username": username,
        "name": "株式会社 \u{1b}[2J\u{9b}31m\u{202e}\r",
        "detail": "two\nlines",
        "webhook_uri": "https://example.com/hook",
        "line_secret": format!("planted-secret-{username}"),
        "line_token": format!("planted/token-{username}"),
        "permission_ids": [ADMIN],
    });
    let answer = app.post(new).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

/// A customer as commands show it where they show no secrets.
fn masked(customer: &Value) -> Value {
    let mut masked = customer.clone();
    for secret in ["line_secret", "line_token"] {
        if masked[secret] != "" {
            masked[secret] = json!("********");
        }
    }
    masked
}

/// A served registry with 25 customers, and 3 deleted ones.
async fn populated() -> (TestApp, Vec<Value>, Vec<Value>) {
    let app = TestApp::start().await;
    let (mut live, mut deleted) = (Vec::new(), Vec::new());
    for number in 0..28 {
        let customer = create(&app, &format!("customer-{number}")).await;
        match number % 10 {
            7 => deleted.insert(0, app.delete(&customer).await.body),
            _ => live.insert(0, customer),
        }
    }
    assert_eq!((live.len(), deleted.len()), (25, 3));
    (app, live, deleted)
}

#[tokio::test]
async fn a_customer_is_shown_by_its_id_or_username_with_every_field_and_its_etag() {
    let app = TestApp::start().await;
    let customer = create(&app, "Anna").await;
    let change = json!({"detail": "  one line  ", "webhook_uri": ""});
    let customer = app.patch(&customer, change).await.body;
    let by_id = ask(&app, &["get", id(&customer)]).await.shown();
    let text = |member: &str| customer[member].as_str().unwrap().to_owned();
    let expected = [
        ("id", text("id")),
        ("username", text("username")),
        ("name", r"株式会社 \u{1b}[2J\u{9b}31m\u{202e}\r".to_owned()),
        ("detail", "  one line  ".to_owned()),
        ("webhook_method", "POST".to_owned()),
        ("line_secret", "********".to_owned()),
        ("line_token", "********".to_owned()),
        ("permission_ids", "admin".to_owned()),
        ("tm_create", text("tm_create")),
        ("tm_update", text("tm_update")),
        ("tm_delete", "not deleted".to_owned()),
        ("ETag", "\"2\"".to_owned()),
    ];
    let expected = expected.map(|(name, value)| format!("{name:<16}{value}\n"));
    // An empty value leaves no spaces behind its name.
    let (before, after) = expected.split_at(5);
    assert_eq!(
        by_id,
        [&before.concat(), "webhook_uri\n", &after.concat()].concat()
    );
    for username in ["Anna", "ANNA"] {
        assert_eq!(ask(&app, &["get", username]).await.shown(), by_id);
    }

    let deleted = app.delete(&customer).await.body;
    let shown = ask(&app, &["get", "anna"]).await.shown();
    let time = deleted["tm_delete"].as_str().unwrap();
    assert!(shown.contains(&format!("tm_delete       {time}\n")), "{shown}");
}

#[tokio::test]
async fn the_events_of_a_customer_are_those_of_the_api() {
    let app = TestApp::start().await;
    let customer = create(&app, "anna").await;
    app.patch(&customer, json!({"name": "Anna"})).await;
    let events = app.events(&customer, 2).await;
    let lines = ask(&app, &["events", "anna", "--json"]).await.shown();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines, events);
    let table = ask(&app, &["events", id(&customer)]).await.shown();
    let rows: Vec<_> = table.lines().skip(1).collect();
    for (row, (version, kind, changed)) in rows
        .iter()
        .zip([("2", "updated", "name"), ("1", "created", "all")])
    {
        for text in [version, kind, changed, "operator", "pending"] {
            assert!(row.contains(text), "{text}: {row}");
        }
    }
    assert_eq!(rows.len(), 2, "{table}");

    app.delete(&customer).await;
    app.erase(&customer, 3).await;
    let gone = ask(&app, &["events", id(&customer)]).await;
    gone.assert_fails(&["Customer erased", "the customer was erased at"]);
}

#[tokio::test]
async fn a_username_that_is_a_uuid_is_found_with_username() {
    let app = TestApp::start().await;
    let username = "5e4a0680-804e-11ec-8477-2fea00000001";
    let customer = app.create(username).await;
    let run = ask(&app, &["get", username]).await;
    run.assert_fails(&["No such customer"]);
    let shown = ask(&app, &["get", username, "--username"]).await.shown();
    assert!(shown.contains(id(&customer)), "{shown}");
}

#[tokio::test]
async fn as_json_a_customer_is_the_apis_record_on_one_line() {
    let app = TestApp::start().await;
    let customer = create(&app, "anna").await;
    let line = ask(&app, &["get", "anna", "--json", "--show-secrets"])
        .await
        .shown();
    assert!(!line.trim_end_matches('\n').contains(char::is_control), "{line}");
    assert_eq!(line.lines().count(), 1);
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), customer);
    let places = Customer::FIELDS.map(|field| line.find(&format!("\"{field}\":")));
    assert!(places.is_sorted() && places[0].is_some(), "{line}");

    let line = ask(&app, &["get", "anna", "--json"]).await.shown();
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), masked(&customer));
}

#[tokio::test]
async fn a_list_is_one_page_and_says_so_or_all_pages_under_one_head() {
    let (app, live, deleted) = populated().await;
    let page = ask(&app, &["list"]).await;
    assert_eq!(page.code, Some(0));
    assert_eq!(page.err, "there are more: --all shows them\n");
    assert_table(&page.out, &live[..10]);
    let page = ask(&app, &["list", "--page-size", "7"]).await;
    assert_table(&page.out, &live[..7]);
    for arguments in [&["list", "--all", "--page-size", "10"][..], &["list", "--all"]] {
        assert_table(&ask(&app, arguments).await.shown(), &live);
    }
    let shown = ask(&app, &["list", "--deleted"]).await.shown();
    assert_table(&shown, &deleted);
    for customer in &deleted {
        assert!(shown.contains(customer["tm_delete"].as_str().unwrap()), "{shown}");
    }
}

/// A table of these customers, all of whose columns are where the titles are.
fn assert_table(text: &str, customers: &[Value]) {
    let mut lines = text.lines();
    let head = lines.next().unwrap();
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), customers.len(), "{text}");
    for (line, customer) in lines.iter().zip(customers) {
        for (title, member) in [("ID", "id"), ("USERNAME", "username"), ("CREATED", "tm_create")] {
            let column = &line[head.find(title).unwrap()..];
            assert!(column.starts_with(customer[member].as_str().unwrap()), "{line}");
        }
        assert!(line.ends_with(r"株式会社 \u{1b}[2J\u{9b}31m\u{202e}\r"), "{line}");
    }
}

#[tokio::test]
async fn as_json_a_list_is_a_masked_customer_on_each_line() {
    let (app, live, _) = populated().await;
    let shown = ask(&app, &["list", "--all", "--json", "--page-size", "10"])
        .await
        .shown();
    assert!(!shown.replace('\n', "").contains(char::is_control), "{shown}");
    let lines: Vec<Value> = shown
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines, live.iter().map(masked).collect::<Vec<_>>());
    let page = ask(&app, &["list", "--json"]).await;
    assert_eq!(page.out.lines().count(), 10);
    assert_eq!(page.err, "there are more: --all shows them\n");
}

#[tokio::test]
async fn an_empty_list_is_said_to_be_empty() {
    let app = TestApp::start().await;
    for (arguments, said) in [
        (&["list"][..], "there are no customers\n"),
        (
            &["list", "--all", "--deleted"],
            "there are no deleted customers\n",
        ),
        (&["list", "--json"], ""),
    ] {
        let run = ask(&app, arguments).await;
        assert_eq!(
            (run.code, run.out.as_str(), run.err.as_str()),
            (Some(0), "", said)
        );
    }
}

#[tokio::test]
async fn no_secret_is_shown_unless_it_is_asked_for() {
    let (app, live, deleted) = populated().await;
    let name = live[0]["username"].as_str().unwrap();
    let mut shown = String::new();
    for arguments in [
        &["get", name][..],
        &["get", name, "--json"],
        &["get", id(&deleted[0])],
        &["get", id(&deleted[0]), "--json"],
        &["list", "--all"],
        &["list", "--all", "--json"],
        &["list", "--deleted"],
        &["list", "--deleted", "--json"],
        &["events", name],
        &["events", name, "--json"],
    ] {
        let run = ask(&app, arguments).await;
        shown += &(run.out + &run.err);
    }
    assert!(
        shown.contains("********") && !shown.contains("planted"),
        "{shown}"
    );

    for arguments in [
        &["get", name, "--show-secrets"][..],
        &["get", name, "--show-secrets", "--json"],
    ] {
        let shown = ask(&app, arguments).await.shown();
        for secret in ["planted-secret-", "planted/token-"] {
            assert!(shown.contains(&format!("{secret}{name}")), "{shown}");
        }
    }
    let shown = ask_with(
        &["get", name, "--show-secrets", "--url", &url(&app)],
        &[("CUSTOMERS_TOKEN", READER)],
    )
    .await
    .shown();
    assert!(
        shown.contains("********") && !shown.contains("planted"),
        "{shown}"
    );
    assert!(shown.contains("\"1-masked\""), "{shown}");
}

#[tokio::test]
async fn a_customer_can_ask_for_itself() {
    let app = TestApp::start().await;
    let customer = create(&app, "anna").await;
    let (url, token) = (url(&app), customer_token(&customer));
    let variables = [("CUSTOMERS_TOKEN", token.as_str()), ("CUSTOMERS_URL", &url)];
    let shown = ask_with(&["get", id(&customer)], &variables).await.shown();
    assert!(shown.contains("username        anna\n"), "{shown}");
    let run = ask_with(&["get", "anna"], &variables).await;
    run.assert_fails(&["error: Not allowed: ", "customers/read", "(request "]);
}

#[tokio::test]
async fn a_list_ends_silently_when_its_reader_has_seen_enough() {
    let endless = Router::new().fallback(async || {
        let name = "x".repeat(200);
        let customer = json!({"id": "1", "username": "a", "name": name, "tm_create": ""});
        json!({"result": vec![customer; 100], "next_page_token": "more"}).to_string()
    });
    let url = asking::serve(endless).await;
    for arguments in [
        &["list", "--all", "--url", &url][..],
        &["list", "--all", "--json", "--url", &url],
    ] {
        let (code, err) = asking::first_line_only(arguments).await;
        assert_eq!((code, err.as_str()), (Some(0), ""), "{arguments:?}");
    }
}
