//! What prevents `listen` from starting, and what it says then.

use tests::moving::{end, signal};
use tests::process::command;
use tokio::net::TcpListener;

use super::listening::{Listening, SECRET, fails, listen, registry};

#[tokio::test]
async fn what_prevents_listening_is_told_without_secrets() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let (code, said) = fails(listen(&["--api", &nobody])).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("refused"), "{said}");
    assert!(
        said.contains("customers serve --allow-private-webhooks"),
        "{said}"
    );

    let (_app, api) = registry().await;
    let mut refused = listen(&["--api", &api]);
    refused.env("CUSTOMERS_TOKEN", "planted-token");
    let (code, said) = fails(refused).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("401") && said.contains("CUSTOMERS_TOKEN"), "{said}");
    assert!(!said.contains("planted"), "{said}");

    for (arguments, reason) in [
        (
            &["--secret", "planted"][..],
            "error: --secret cannot be used: a secret is whsec_ and base64 text",
        ),
        (&["--secret", "planted", "--api", &api], "cannot be used with"),
        (&["--api", "https://customers.example.com"], "set CUSTOMERS_TOKEN"),
        (
            &["--api", "http://customers.example.com"],
            "must begin with https",
        ),
        (&["--forward", "localhost:8080"], "must be a URL"),
    ] {
        let (code, said) = fails(listen(arguments)).await;
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(reason), "{reason}: {said}");
        assert!(!said.contains("planted"), "{said}");
    }
    let mut wrong = listen(&[]);
    wrong.env("CUSTOMERS_WEBHOOK_SECRET", "whsec_planted!");
    let (code, said) = fails(wrong).await;
    assert_eq!(code, Some(2), "{said}");
    let reason = "error: CUSTOMERS_WEBHOOK_SECRET cannot be used: a secret is whsec_ and base64 text";
    assert!(said.contains(reason) && !said.contains("planted"), "{said}");

    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let second = command(&["listen", "--listen", &address, "--secret", SECRET]);
    let (code, said) = fails(second.into()).await;
    assert_eq!(code, Some(1));
    assert!(
        said.contains(&format!("cannot listen on {address}")) && said.contains("--listen"),
        "{said}"
    );
}

#[tokio::test]
async fn the_registry_is_that_of_the_option_or_else_of_the_environment() {
    let (_app, api) = registry().await;
    for (arguments, url) in [
        (&[][..], api.as_str()),
        (&["--api", &api], "https://customers.example.com"),
    ] {
        let mut listen = listen(arguments);
        listen.env("CUSTOMERS_URL", url);
        let listening = Listening::run(listen, false).await;
        assert!(listening.greeting.contains(&api), "{}", listening.greeting);
    }
    for (url, reason) in [
        ("https://customers.example.com", "set CUSTOMERS_TOKEN"),
        ("customers.example.com", "CUSTOMERS_URL must be a URL"),
        (
            "http://customers.example.com",
            "CUSTOMERS_URL must begin with https",
        ),
    ] {
        let mut wrong = listen(&[]);
        wrong.env("CUSTOMERS_URL", url);
        let (code, said) = fails(wrong).await;
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(reason), "{reason}: {said}");
    }
}

#[tokio::test]
async fn a_secret_in_the_environment_wins_over_a_registry_there() {
    let mut listen = listen(&[]);
    listen.env("CUSTOMERS_URL", "https://customers.example.com");
    listen.env("CUSTOMERS_WEBHOOK_SECRET", SECRET);
    let listening = Listening::run(listen, false).await;
    assert!(
        !listening.greeting.contains("customers.example.com"),
        "{}",
        listening.greeting
    );
}

#[tokio::test]
async fn a_signal_stops_it_while_it_waits_for_a_registry_that_does_not_answer() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = format!("http://{}", silent.local_addr().unwrap());
    let waiting = listen(&["--api", &api]).spawn().unwrap();
    let (_connection, _) = silent.accept().await.unwrap();
    signal(&waiting, "-INT");
    let ended = end(waiting).await;
    assert_eq!((ended.code, ended.said.as_str()), (Some(0), ""));
}
