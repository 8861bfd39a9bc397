//! A forward URL that leads back.

use std::time::Duration;

use tests::process::command;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::timeout;

use super::listening::{Listening, Message, SECRET};

async fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    free.local_addr().unwrap().port()
}

async fn listening(host: &str, port: u16, forward: &str) -> Listening {
    let listen = format!("{host}:{port}");
    let arguments = [
        "listen",
        "--listen",
        &listen,
        "--forward",
        forward,
        "--secret",
        SECRET,
    ];
    let mut command = Command::from(command(&arguments));
    command.kill_on_drop(true);
    Listening::run(command, false).await
}

/// Sends a message that comes back, and checks that it did so only once.
async fn assert_ends(mut listening: Listening) {
    let message = Message::new(SECRET, "any.2");
    let answer = timeout(Duration::from_secs(10), listening.send(&message)).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 508);
    let line = listening.problem().await;
    assert!(
        line.contains("any.2  it came back: --forward leads to this command"),
        "{line}"
    );
    assert!(listening.next().await.contains("customer.updated"));
    assert!(listening.next().await.contains("  508 in "));
    let (_, rest) = listening.stop("-INT").await;
    assert_eq!(rest.trim(), "stopping; press Ctrl-C again to stop immediately");
}

#[tokio::test]
async fn a_message_that_comes_back_is_answered_508_whatever_name_leads_back() {
    for (host, to) in [
        ("127.0.0.1", "localhost"),
        ("127.0.0.1", "0.0.0.0"),
        ("127.0.0.1", "[::ffff:127.0.0.1]"),
        ("0.0.0.0", "127.0.0.1"),
    ] {
        let port = free_port().await;
        assert_ends(listening(host, port, &format!("http://{to}:{port}/hook")).await).await;
    }
}

#[tokio::test]
async fn a_message_that_comes_back_through_another_command_is_answered_508() {
    let port = free_port().await;
    let other = listening("127.0.0.1", 0, &format!("http://127.0.0.1:{port}/")).await;
    assert_ends(listening("127.0.0.1", port, &other.url).await).await;
}
