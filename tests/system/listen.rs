//! Where the served system listens.

use tests::process::{Serving, command};

/// What a system that is told to listen there says on standard error.
fn warnings(arguments: &[&str]) -> (String, String) {
    let serving = Serving::start_with(&[&["--memory"], arguments].concat());
    let address = serving.address.clone();
    let output = serving.signal("-INT");
    assert!(output.status.success());
    (address, String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn a_host_name_or_an_ipv6_address_serves_as_well() {
    for (api, dynamodb) in [("localhost:0", "[::1]:0"), ("[::1]:0", "localhost:0")] {
        let serving = Serving::start_with(&["--memory", "--listen", api, "--dynamodb", dynamodb]);
        let call = tests::client().get(serving.url("/customers"));
        let answer = call.bearer_auth("reader").send().await.unwrap();
        assert_eq!(answer.status(), 200, "{api} {dynamodb}");
        let output = serving.signal("-INT");
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "",
            "loopback is no reason to warn"
        );
    }
}

#[test]
fn a_port_of_a_host_name_that_is_taken_is_not_served_at_another_address_of_it() {
    let first = Serving::start_with(&["--memory", "--listen", "localhost:0"]);
    let (_, port) = first.address.rsplit_once(':').unwrap();
    let taken = format!("localhost:{port}");
    let second = command(&["--memory", "--listen", &taken, "--dynamodb", "127.0.0.1:0"]);
    let output = { second }.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains(&format!("cannot listen on {taken}")), "{stderr}");
    first.signal("-INT");
}

#[test]
fn whoever_listens_beyond_this_machine_is_warned_of_what_that_opens() {
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
}

#[test]
fn an_address_that_is_none_is_told_how_to_be_written() {
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
