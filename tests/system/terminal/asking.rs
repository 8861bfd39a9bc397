//! Asking a registry from a terminal.

use std::time::Duration;

use axum::Router;
use tests::TestApp;
use tests::process::command;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::timeout;

/// A run that has ended.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Run {
    /// What a run shows that succeeds and has nothing else to say.
    pub(super) fn shown(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{self:?}");
        self.out
    }

    /// Fails with one line that is no JSON and has these pieces, and shows nothing.
    pub(super) fn assert_fails(&self, pieces: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (Some(1), ""), "{self:?}");
        let is_line = self.err.starts_with("error: ") && self.err.lines().count() == 1;
        assert!(is_line && !self.err.contains('{'), "{self:?}");
        for piece in pieces {
            assert!(self.err.contains(piece), "{piece}: {self:?}");
        }
    }
}

/// The URL of the served API.
pub(super) fn url(app: &TestApp) -> String {
    format!("http://{}", app.address)
}

/// Runs the command for the served registry, with nothing in the environment.
pub(super) async fn ask(app: &TestApp, arguments: &[&str]) -> Run {
    ask_with(&[arguments, &["--url", &url(app)]].concat(), &[]).await
}

/// Runs the command with these `CUSTOMERS_` variables and no others.
pub(super) async fn ask_with(arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let output = asking(arguments).envs(variables.iter().copied()).output();
    let output = timeout(Duration::from_secs(60), output).await;
    let output = output.expect("it ends").expect("the binary runs");
    Run {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

fn asking(arguments: &[&str]) -> Command {
    let mut asking = Command::from(command(arguments));
    asking.kill_on_drop(true);
    asking
}

/// Runs the command, reads one line of what it shows, and no more: its exit code and what else it said.
pub(super) async fn first_line_only(arguments: &[&str]) -> (Option<i32>, String) {
    let mut child = asking(arguments).spawn().expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    lines.next_line().await.expect("text").expect("a line");
    drop(lines);
    let ended = timeout(Duration::from_secs(60), child.wait_with_output()).await;
    let ended = ended.expect("it ends").expect("its output");
    (
        ended.status.code(),
        String::from_utf8(ended.stderr).expect("text"),
    )
}

/// Serves this router and returns its URL.
pub(super) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}
