//! The command `events`, against a server that answers as the contract says.

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use customer::Customer;
use serde_json::{Value, json};

use super::asking::{Run, ask_with, serve};

const ID: &str = "5e4a0680-804e-11ec-8477-2fea00000001";

/// A page without events.
const EMPTY: &str = r#"{"result":[],"next_page_token":""}"#;

fn attempt(status: Option<u16>, error: Option<&str>, next: Option<&str>) -> Value {
    json!({
        "timestamp": "2026-11-25T08:26:41.002113Z", "status": status, "error": error, "duration_ms": 37,
        "next_attempt": next,
    })
}

fn event(version: usize) -> Value {
    let mut event = json!({
        "id": format!("{ID}.{version}"), "type": "customer.updated", "timestamp": "2026-11-25T08:26:40.713482Z",
        "version": version, "changed": ["name", "line_secret"],
        "by": {"kind": "operator", "subject": "night\u{1b}[2J"},
        "data": {"id": ID, "username": "anna", "name": "株式会社\u{9b}", "line_secret": "planted", "line_token": ""},
        "delivery": {"state": "skipped", "attempts": []},
    });
    let failed = attempt(
        Some(500),
        Some("the endpoint answered 500"),
        Some("2026-11-25T08:26:46.002113Z"),
    );
    match version {
        1 => {
            event["by"] = Value::Null;
            event["type"] = json!("customer.created");
            event["changed"] = json!(Customer::FIELDS);
        }
        2 => event["by"] = json!({"kind": "customer"}),
        12 => event["delivery"] = json!({"state": "pending", "attempts": [failed]}),
        11 => {
            let delivered = attempt(Some(204), None, None);
            event["delivery"] = json!({"state": "delivered", "attempts": [failed, delivered]});
        }
        _ => {}
    }
    event
}

/// Answers with 12 events, newest first, on pages of up to `page_size`.
async fn answer(request: Request) -> (StatusCode, String) {
    if request.headers()["authorization"] != "Bearer operator" {
        return (StatusCode::UNAUTHORIZED, String::new());
    }
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let found = match parameter("username") {
        Some("anna") if parameter("deleted") == Some("true") => {
            json!({"result": [{"id": ID, "username": "anna"}], "next_page_token": ""})
        }
        Some(_) => serde_json::from_str(EMPTY).unwrap(),
        None if path == format!("/customers/{ID}/events") => {
            let size: usize = parameter("page_size").unwrap().parse().unwrap();
            let first: usize = parameter("page_token").unwrap().parse().unwrap_or(12);
            let events: Vec<_> = (1..=first).rev().take(size).map(event).collect();
            let next = first.saturating_sub(size);
            let token = if next == 0 {
                String::new()
            } else {
                next.to_string()
            };
            json!({"result": events, "next_page_token": token})
        }
        None => {
            let problem = json!({
                "title": "Customer erased", "status": 410, "code": "customer_erased", "request_id": ID,
                "detail": "the customer was erased at 2026-11-25 08:26:40.713482",
            });
            return (StatusCode::GONE, problem.to_string());
        }
    };
    (StatusCode::OK, found.to_string())
}

async fn events(arguments: &[&str]) -> Run {
    let url = serve(Router::new().fallback(answer)).await;
    ask_with(&[&["events"], arguments, &["--url", &url]].concat(), &[]).await
}

#[tokio::test]
async fn an_event_is_a_row_with_its_version_its_author_and_its_delivery() {
    let page = events(&[ID]).await;
    assert_eq!(
        (page.code, page.err.as_str()),
        (Some(0), "there are more: --all shows them\n")
    );
    let rows: Vec<_> = page.out.lines().collect();
    assert_eq!(rows.len(), 11, "{}", page.out);
    let cells: Vec<Vec<_>> = rows
        .iter()
        .map(|row| {
            row.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    assert_eq!(cells[0], ["VERSION", "WHEN", "TYPE", "CHANGED", "BY", "DELIVERY"]);
    let told = ["2026-11-25T08:26:40.713482Z", "updated", "name, line_secret"];
    for (row, delivery) in [
        (
            1,
            "pending, 1 attempt, the endpoint answered 500, again at 2026-11-25T08:26:46.002113Z",
        ),
        (2, "delivered, 2 attempts, answered 204"),
        (3, "skipped"),
    ] {
        let version = (13 - row).to_string();
        let expected = [
            &[version.as_str()],
            &told[..],
            &[r"operator night\u{1b}[2J", delivery],
        ]
        .concat();
        assert_eq!(cells[row], expected);
    }
}

#[tokio::test]
async fn a_username_shows_all_events_of_its_deleted_customer() {
    for paging in [&["--all"][..], &["--all", "--page-size", "5"]] {
        let shown = events(&[&["anna"], paging].concat()).await.shown();
        let versions: Vec<_> = shown.lines().filter_map(|row| row.split(' ').next()).collect();
        let newest_first: Vec<_> = (1..=12).rev().map(|version| version.to_string()).collect();
        assert_eq!(versions[0], "VERSION");
        assert_eq!(versions[1..], newest_first, "{shown}");
        assert!(shown.contains("  created   all  "), "{shown}");
        assert!(
            shown.contains("  customer  ") && !shown.contains("null"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn as_json_an_event_is_a_line_as_the_api_answers_it_and_has_no_secret() {
    let shown = events(&[ID, "--all", "--json", "--page-size", "5"]).await.shown();
    assert!(!shown.replace('\n', "").contains(char::is_control), "{shown}");
    let lines: Vec<Value> = shown
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let masked = |version| {
        let mut event = event(version);
        event["data"]["line_secret"] = json!("********");
        event
    };
    assert_eq!(lines, (1..=12).rev().map(masked).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_erased_customer_is_said_to_be_erased() {
    let other = ID.replace('1', "2");
    let run = events(&[&other]).await;
    run.assert_fails(&[&format!(
        "error: Customer erased: the customer was erased at 2026-11-25 08:26:40.713482 (request {ID})\n"
    )]);
}

#[tokio::test]
async fn a_customer_without_events_is_said_to_have_none() {
    let url = serve(Router::new().fallback(async || EMPTY)).await;
    let run = ask_with(&["events", ID, "--url", &url], &[]).await;
    assert_eq!((run.code, run.out.as_str()), (Some(0), ""));
    assert_eq!(run.err, "no events of this customer are kept\n");
}
