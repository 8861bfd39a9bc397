//! The addresses on which the server listens.

use tests::process::{Serving, command};

use crate::command::FREE_PORTS;

/// The API's address and the standard error of a server started with these arguments.
fn warnings(arguments: &[&str]) -> (String, String) {
    let serving = Serving::start_with(&[&["--memory"], arguments].concat());
    let address = serving.address.clone();
    let output = serving.signal("-INT");
    assert!(output.status.success());
    (address, String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn the_server_listens_on_host_names_and_ipv6_addresses() {
    for (api, dynamodb) in [("localhost:0", "[::1]:0"), ("[::1]:0", "localhost:0")] {
        let serving = Serving::start_with(&["--memory", "--listen", api, "--dynamodb", dynamodb]);
        let call = tests::client().get(serving.url("/customers"));
        let answer = call.bearer_auth("reader").send().await.unwrap();
        assert_eq!(answer.status(), 200, "{api} {dynamodb}");
        let output = serving.signal("-INT");
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "",
            "listening on loopback prints no warning"
        );
    }
}

#[test]
fn a_host_name_whose_port_is_taken_at_one_address_is_not_served_at_another() {
    let first = Serving::start_with(&["--memory", "--listen", "localhost:0"]);
    let (_, port) = first.address.rsplit_once(':').unwrap();
    let taken = format!("localhost:{port}");
    let second = command(&[&FREE_PORTS[2..], &["--memory", "--listen", &taken]].concat());
    let output = { second }.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains(&format!("cannot listen on {taken}")), "{stderr}");
    first.signal("-INT");
}

#[test]
fn listening_beyond_this_machine_prints_a_warning() {
    let (address, stderr) = warnings(&["--listen", "0.0.0.0:0"]);
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    for piece in ["warning: ", &address, "operator", "--listen"] {
        assert!(stderr.contains(piece), "{piece}: {stderr}");
    }
    let (_, stderr) = warnings(&["--dynamodb", "[::]:0"]);
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    for piece in ["warning: ", "database", "--dynamodb"] {
        assert!(stderr.contains(piece), "{piece}: {stderr}");
    }
    let (_, stderr) = warnings(&["--queue", "0.0.0.0:0"]);
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    for piece in ["warning: ", "queue", "--queue"] {
        assert!(stderr.contains(piece), "{piece}: {stderr}");
    }
}

#[test]
fn an_invalid_address_is_refused_with_an_example_of_a_valid_one() {
    for wrong in [
        "3000",
        "localhost",
        "localhost:",
        ":3000",
        "::1:3000",
        "http://localhost:3000",
        "localhost:70000",
        "",
    ] {
        let output = command(&["--memory", "--listen", wrong]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong}: {stderr}");
        assert!(
            stderr.contains("localhost:3000 or [::1]:3000"),
            "{wrong}: {stderr}"
        );
    }
    let output = command(&["--memory", "--listen", "no-such-host.invalid:0"])
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.starts_with("error: cannot listen on no-such-host.invalid:0"),
        "{stderr}"
    );
}
