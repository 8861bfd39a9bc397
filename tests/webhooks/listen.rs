//! The command `listen`, run as a process of its own: what it verifies, shows, passes on and answers.

mod credentials;
mod listening;
mod loops;
mod starting;
mod unread;

use axum::http::StatusCode;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tests::READER;
use tokio::net::TcpListener;

use self::listening::{Listening, Message, SECRET, customer, listen, receiver, registry, secret, webhook};

#[tokio::test]
async fn each_event_of_the_registry_is_verified_and_shown_as_a_line() {
    let (app, api) = registry().await;
    let mut listening = Listening::start(&["--api", &api]).await;
    for piece in ["--allow-private-webhooks", "webhook_uri", &api] {
        assert!(listening.greeting.contains(piece), "{}", listening.greeting);
    }
    let anna = customer(&app, "PUT", &listening.url).await;
    let id = anna["id"].as_str().unwrap();
    let line = listening.next().await;
    for piece in ["customer.created", &format!("{id}.1"), "version 1", "username, "] {
        assert!(line.contains(piece), "{piece}: {line}");
    }
    app.patch(&anna, json!({"name": "Anna", "detail": "new"})).await;
    let line = listening.next().await;
    assert!(line.contains("customer.updated"), "{line}");
    assert!(line.ends_with("version 2  name, detail"), "{line}");
    app.patch(&anna, json!({"webhook_method": "GET"})).await;
    let line = listening.next().await;
    assert!(line.contains(&format!("{id}.3  no body")), "{line}");
    assert_eq!(listening.stop("-INT").await.0, Some(0));
}

#[tokio::test]
async fn json_is_one_line_for_each_event_that_cannot_command_a_terminal_and_nothing_else() {
    let (app, api) = registry().await;
    let mut listening = Listening::start(&["--json", "--api", &api]).await;
    let anna = customer(&app, "POST", &listening.url).await;
    let event: Value = serde_json::from_str(&listening.next().await).unwrap();
    assert_eq!(event["type"], "customer.created");
    assert_eq!(event["data"]["username"], "anna");
    let hostile = "\u{1b}[2J\u{9b}31m\u{202e}";
    app.patch(&anna, json!({"name": hostile})).await;
    let line = listening.next().await;
    assert!(
        !line.contains(char::is_control) && !line.contains('\u{202e}'),
        "{line:?}"
    );
    let event: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(event["data"]["name"], hostile);
    app.patch(&anna, json!({"webhook_method": "GET"})).await;
    let event: Value = serde_json::from_str(&listening.next().await).unwrap();
    assert_eq!(
        event,
        json!({"id": format!("{}.3", anna["id"].as_str().unwrap())})
    );
    assert_eq!(listening.stop("-TERM").await, (Some(0), String::new()));
}

#[tokio::test]
async fn a_forged_message_is_answered_401_and_shown_on_standard_error_only() {
    let (app, api) = registry().await;
    let mut listening = Listening::start(&["--api", &api]).await;
    let anna = customer(&app, "POST", "").await;
    let id = format!("{}.2", anna["id"].as_str().unwrap());
    let own = secret(&app, &anna).await;
    let unknown = "5e4a0680-804e-11ec-8477-2fea00000001.1";
    let impossible = "00000000-0000-0000-0000-000000000000.1";
    let ben = app.create("ben").await;
    app.delete(&ben).await;
    assert_eq!(app.erase(&ben, 2).await.status, 200);
    let erased = format!("{}.1", ben["id"].as_str().unwrap());
    let mut changed = Message::new(&own, &id);
    changed.body += " ";
    let mut old = Message::new(&own, &id);
    old.timestamp -= 301;
    for (message, reason) in [
        (Message::new(SECRET, &id), "the signature does not match"),
        (changed, "the signature does not match"),
        (old, "more than 5 minutes old"),
        (Message::new(SECRET, unknown), "no such customer"),
        (Message::new(SECRET, &erased), "no such customer"),
        (Message::new(SECRET, impossible), "no such customer"),
        (Message::new(SECRET, "../x.1"), "names no customer"),
    ] {
        let answer = listening.send(&message).await;
        assert_eq!(answer.status(), 401, "{reason}");
        let line = listening.problem().await;
        assert!(line.contains("not verified"), "{line}");
        assert!(line.contains(reason) && line.contains(&message.id), "{line}");
        assert!(!line.contains("planted"), "{line}");
    }
    let (code, shown) = listening.stop("-INT").await;
    assert_eq!(code, Some(0));
    assert_eq!(shown.trim(), "stopping; press Ctrl-C again to stop immediately");
}

#[tokio::test]
async fn a_secret_that_was_rotated_is_fetched_again() {
    let (app, api) = registry().await;
    let mut listening = Listening::start(&["--api", &api]).await;
    let anna = customer(&app, "POST", &listening.url).await;
    assert!(listening.next().await.contains("customer.created"));
    // The previous secret signs beside the new one: only the second rotation ends the first secret.
    for _ in 0..2 {
        webhook(&app, &anna, "POST", "/rotate", "secret").await;
        let id = webhook(&app, &anna, "POST", "/test", "id").await;
        let line = listening.next().await;
        assert!(line.contains("webhook.test") && line.contains(&id), "{line}");
    }
}

#[tokio::test]
async fn a_repetition_is_marked() {
    let mut listening = Listening::start(&["--secret", SECRET]).await;
    let message = Message::new(SECRET, "any.2");
    for mark in [false, true] {
        assert_eq!(listening.send(&message).await.status(), 204);
        let line = listening.next().await;
        assert_eq!(line.ends_with("(a repetition)"), mark, "{line}");
    }
}

#[tokio::test]
async fn a_message_is_passed_on_as_it_is_and_the_answer_comes_back() {
    let (app, api) = registry().await;
    let (target, got) = receiver(StatusCode::OK).await;
    let mut listening = Listening::start(&["--api", &api, "--forward", &target]).await;
    let anna = customer(&app, "POST", &listening.url).await;
    assert!(listening.next().await.contains("customer.created"));
    let line = listening.next().await;
    assert!(line.contains("forwarded") && line.contains("  200 in "), "{line}");
    let (headers, body) = got.lock().unwrap().remove(0);
    let own = Webhook::new(&secret(&app, &anna).await).unwrap();
    own.verify(&body, &headers).unwrap();
    assert_eq!(headers["content-type"], "application/json");
    let agent = headers["user-agent"].to_str().unwrap();
    assert!(agent.starts_with("customer-registry/"), "{agent}");

    for status in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::TEMPORARY_REDIRECT] {
        let (target, got) = receiver(status).await;
        let mut listening = Listening::start(&["--secret", SECRET, "--forward", &target]).await;
        let answer = listening.send(&Message::new(SECRET, "any.2")).await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["retry-after"], "7");
        assert!(listening.next().await.contains("customer.updated"));
        let line = listening.next().await;
        assert!(line.contains(&format!("  {} in ", status.as_u16())), "{line}");
        assert_eq!(got.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_forged_message_is_not_passed_on() {
    let (target, got) = receiver(StatusCode::OK).await;
    let listening = Listening::start(&["--secret", SECRET, "--forward", &target]).await;
    let forged = Message::new("whsec_YW5vdGhlcg==", "any.2");
    assert_eq!(listening.send(&forged).await.status(), 401);
    assert!(got.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_receiver_that_cannot_be_reached_is_answered_502_with_the_reason() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://user:planted@{}/", free.local_addr().unwrap());
    drop(free);
    let mut listening = Listening::start(&["--secret", SECRET, "--forward", &target]).await;
    let answer = listening.send(&Message::new(SECRET, "any.2")).await;
    assert_eq!(answer.status(), 502);
    assert!(answer.text().await.unwrap().contains("cannot connect"));
    let line = listening.problem().await;
    assert!(
        line.contains("not forwarded") && line.contains("cannot connect"),
        "{line}"
    );
    assert!(!(listening.greeting + &line).contains("planted"), "{line}");
}

#[tokio::test]
async fn too_large_a_body_and_other_methods_are_refused() {
    let listening = Listening::start(&["--secret", SECRET]).await;
    let mut large = Message::new(SECRET, "any.2");
    large.body = " ".repeat(1024 * 1024 + 1);
    assert_eq!(listening.send(&large).await.status(), 413);
    let patch = tests::client().patch(&listening.url).send().await.unwrap();
    assert_eq!(patch.status(), 405);
}

#[tokio::test]
async fn the_environment_gives_a_secret_that_is_not_in_the_process_list() {
    let mut by_environment = listen(&[]);
    by_environment.env("CUSTOMERS_WEBHOOK_SECRET", SECRET);
    let listening = Listening::run(by_environment, false).await;
    let answer = listening.send(&Message::new(SECRET, "any.2")).await;
    assert_eq!(answer.status(), 204);
}

#[tokio::test]
async fn a_token_that_may_not_see_the_secret_is_told_at_the_first_message() {
    let (app, api) = registry().await;
    let mut as_reader = listen(&["--api", &api]);
    as_reader.env("CUSTOMERS_TOKEN", READER);
    let mut listening = Listening::run(as_reader, false).await;
    let anna = customer(&app, "POST", "").await;
    let id = format!("{}.2", anna["id"].as_str().unwrap());
    let message = Message::new(&secret(&app, &anna).await, &id);
    let answer = listening.send(&message).await;
    assert_eq!(answer.status(), 503, "the registry sends it again");
    let line = listening.problem().await;
    assert!(
        line.contains("CUSTOMERS_TOKEN") && line.contains("customers/write"),
        "{line}"
    );
}
