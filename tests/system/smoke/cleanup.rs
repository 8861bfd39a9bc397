//! What `smoke` leaves behind when it does not come to its end: nothing, or it says what.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tests::moving::signal;
use tests::process::command;
use tests::{OPERATOR, READER, TestApp, id};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::Notify;

use super::{assert_failed, forward, is_erased, serve, smoke_with_token, url};

fn unavailable() -> Response {
    let problem = json!({"code": "unavailable"}).to_string();
    (StatusCode::SERVICE_UNAVAILABLE, problem).into_response()
}

fn is_creation(request: &Request) -> bool {
    request.method() == Method::POST && request.uri().path() == "/customers"
}

#[tokio::test]
async fn a_step_answered_503_fails_and_the_customer_is_still_erased() {
    let app = TestApp::start().await;
    let base = url(&app, "");
    let failing_changes = async move |request: Request| match *request.method() {
        Method::PATCH => unavailable(),
        _ => forward(&base, request).await,
    };
    let run = smoke_with_token(&serve(Router::new().fallback(failing_changes)).await, OPERATOR).await;
    let change = "answered 503 unavailable, not 200";
    assert_failed(
        &run,
        &["FAILED  change", change, "ok      clean up", "is erased\n"],
    );
    assert!(is_erased(&app).await);
}

#[tokio::test]
async fn a_customer_is_erased_whose_creation_was_answered_wrongly() {
    let app = TestApp::start().await;
    let base = url(&app, "");
    let without_location = async move |request: Request| {
        let mut answer = forward(&base, request).await;
        answer.headers_mut().remove("location");
        answer
    };
    let run = smoke_with_token(&serve(Router::new().fallback(without_location)).await, OPERATOR).await;
    assert_failed(
        &run,
        &["FAILED  create", "its Location is not", "ok      clean up"],
    );
    assert!(is_erased(&app).await);
}

#[tokio::test]
async fn a_customer_is_erased_whose_creation_took_effect_without_its_answer() {
    let app = TestApp::start().await;
    let base = url(&app, "");
    let losing = async move |request: Request| {
        let is_creation = is_creation(&request);
        let answer = forward(&base, request).await;
        match is_creation {
            true => StatusCode::BAD_GATEWAY.into_response(),
            false => answer,
        }
    };
    let run = smoke_with_token(&serve(Router::new().fallback(losing)).await, OPERATOR).await;
    assert_failed(&run, &["FAILED  create", "answered 502", "ok      clean up"]);
    assert!(is_erased(&app).await);
}

#[tokio::test]
async fn a_customer_of_somebody_else_is_not_touched_even_if_the_creation_answers_it() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let (base, answered) = (url(&app, ""), anna.to_string());
    let confusing = async move |request: Request| {
        let is_creation = is_creation(&request);
        let answer = forward(&base, request).await;
        match is_creation {
            true => (StatusCode::CREATED, answered.clone()).into_response(),
            false => answer,
        }
    };
    let run = smoke_with_token(&serve(Router::new().fallback(confusing)).await, OPERATOR).await;
    assert_failed(&run, &["it has another username", "ok      clean up"]);
    let list = app.get("/customers").await.body;
    let left: Vec<_> = list["result"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(left, [id(&anna)]);
}

#[tokio::test]
async fn a_creation_that_was_refused_or_never_sent_leaves_nothing_to_clean_up() {
    let app = TestApp::start().await;
    let refused = smoke_with_token(&url(&app, ""), READER).await;
    assert_failed(&refused, &["FAILED  create", "answered 403"]);
    let base = url(&app, "");
    let without_permissions = async move |request: Request| match request.uri().path() {
        "/permissions" => unavailable(),
        _ => forward(&base, request).await,
    };
    let before = serve(Router::new().fallback(without_permissions)).await;
    let before = smoke_with_token(&before, OPERATOR).await;
    assert_failed(&before, &["FAILED  permissions"]);
    for run in [refused, before] {
        assert!(
            !run.said.contains("clean up") && !run.said.contains("left"),
            "{run:?}"
        );
    }
}

#[tokio::test]
async fn a_creation_that_is_not_found_is_said_to_have_had_no_effect() {
    let app = TestApp::start().await;
    let base = url(&app, "");
    let failing = async move |request: Request| match is_creation(&request) {
        true => unavailable(),
        false => forward(&base, request).await,
    };
    let run = smoke_with_token(&serve(Router::new().fallback(failing)).await, OPERATOR).await;
    assert_failed(
        &run,
        &["FAILED  create", "ok      clean up", "nobody has the username"],
    );
    assert_eq!(app.items().await.len(), 0);
}

#[tokio::test]
async fn a_creation_without_an_answer_may_still_take_effect_and_its_customer_is_named() {
    let app = TestApp::start().await;
    let base = url(&app, "");
    let breaking = async move |request: Request| match is_creation(&request) {
        true => panic!("this ends the connection"),
        false => forward(&base, request).await,
    };
    let run = smoke_with_token(&serve(Router::new().fallback(breaking)).await, OPERATOR).await;
    assert_failed(
        &run,
        &[
            "FAILED  create",
            "no answer",
            "FAILED  clean up",
            "may be left",
            "GET /customers?username=smoke-test-",
        ],
    );
}

#[tokio::test]
async fn a_customer_that_cannot_be_erased_is_named_with_the_calls_that_remove_it() {
    let app = TestApp::start().await;
    let base = url(&app, "");
    let failing = async move |request: Request| match *request.method() {
        Method::PATCH | Method::DELETE => unavailable(),
        _ => forward(&base, request).await,
    };
    let run = smoke_with_token(&serve(Router::new().fallback(failing)).await, OPERATOR).await;
    let list = app.get("/customers").await.body;
    let left = &list["result"][0];
    let path = format!("/customers/{}", id(left));
    assert_failed(
        &run,
        &[
            "FAILED  clean up",
            "answered 503 unavailable",
            &format!("{} may be left", left["username"].as_str().unwrap()),
            &format!("DELETE {path}"),
            &format!("POST {path}/erase"),
        ],
    );
}

/// A smoke test one of whose calls waits.
struct Held {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    go_on: Arc<Notify>,
}

impl Held {
    /// Runs a smoke test until the registry has done the first call for which `holds` is true. Its answer waits.
    async fn at(app: &TestApp, holds: fn(&Request) -> bool) -> Self {
        let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (base, arrived, wait) = (url(app, ""), Arc::clone(&reached), Arc::clone(&go_on));
        let holding = async move |request: Request| {
            let is_held = holds(&request);
            let answer = forward(&base, request).await;
            if is_held {
                arrived.notify_one();
                wait.notified().await;
            }
            answer
        };
        let url = serve(Router::new().fallback(holding)).await;
        let mut smoke = Command::from(command(&["smoke", &url]));
        let smoke = smoke.env("CUSTOMERS_TOKEN", OPERATOR).kill_on_drop(true);
        let mut process = smoke.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        reached.notified().await;
        Self {
            process,
            lines,
            go_on,
        }
    }

    /// Sends a signal and waits until the smoke test has noticed.
    async fn stop(&mut self, name: &str) {
        signal(&self.process, name);
        while let Some(line) = self.lines.next_line().await.unwrap() {
            if line.starts_with("stopping") {
                return;
            }
        }
        panic!("it does not say that it stops");
    }

    /// The exit code, and what else it says.
    async fn end(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        while let Some(line) = self.lines.next_line().await.unwrap() {
            said += &(line + "\n");
        }
        (self.process.wait().await.unwrap().code(), said)
    }
}

#[tokio::test]
async fn a_signal_stops_it_after_the_call_in_progress_and_the_customer_is_erased() {
    for (name, holds) in [
        ("-INT", is_creation as fn(&Request) -> bool),
        ("-TERM", |request| request.method() == Method::PATCH),
    ] {
        let app = TestApp::start().await;
        let mut held = Held::at(&app, holds).await;
        held.stop(name).await;
        held.go_on.notify_one();
        let (code, said) = held.end().await;
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("ok      clean up"), "{said}");
        assert!(
            !said.contains("find") && said.ends_with(" s\n"),
            "no more steps: {said}"
        );
        assert!(is_erased(&app).await, "{name}");
    }
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once_and_the_customer_is_named() {
    let app = TestApp::start().await;
    let mut held = Held::at(&app, |request| request.method() == Method::PATCH).await;
    held.stop("-INT").await;
    signal(&held.process, "-INT");
    let (code, said) = held.end().await;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("smoke-test-") && said.contains("may be left"),
        "{said}"
    );
}

#[tokio::test]
async fn a_signal_before_the_creation_ends_it_and_creates_nothing() {
    let app = TestApp::start().await;
    let mut held = Held::at(&app, |request| request.uri().path() == "/permissions").await;
    held.stop("-TERM").await;
    held.go_on.notify_one();
    let (code, said) = held.end().await;
    assert_eq!(code, Some(1), "{said}");
    assert!(!said.contains("create") && !said.contains("clean up"), "{said}");
    assert_eq!(app.items().await.len(), 0);
}
