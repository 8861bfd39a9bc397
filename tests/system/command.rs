//! The command line of `customers`.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;

use tests::process::{Serving, command};

/// The options that serve the API, the database and the queue on free ports.
pub const FREE_PORTS: [&str; 6] = [
    "--listen",
    "127.0.0.1:0",
    "--dynamodb",
    "127.0.0.1:0",
    "--queue",
    "127.0.0.1:0",
];

/// The standard error of a run with these arguments, which must fail.
fn fails(arguments: &[&str]) -> String {
    let output = command(arguments).output().unwrap();
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// The output is one line that begins with `error: ` and contains these pieces.
fn assert_one_clear_line(stderr: &str, pieces: &[&str]) {
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("error: "), "{stderr}");
    for piece in pieces {
        assert!(stderr.contains(piece), "{stderr}");
    }
}

#[test]
fn help_names_every_option() {
    let output = command(&["--help"]).output().unwrap();
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    for option in [
        "--listen",
        "--dynamodb",
        "--queue",
        "--allow-private-webhooks",
        "--no-webhooks",
        "--data",
        "--memory",
        "127.0.0.1:3000",
        "127.0.0.1:8000",
        "127.0.0.1:8001",
    ] {
        assert!(help.contains(option), "{option}: {help}");
    }
}

#[test]
fn a_port_in_use_is_reported_with_the_option_that_chooses_another() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for taken in ["--listen", "--dynamodb", "--queue"] {
        let mut arguments = vec!["--memory"];
        for option in ["--listen", "--dynamodb", "--queue"] {
            arguments.extend([option, if option == taken { &address } else { "127.0.0.1:0" }]);
        }
        assert_one_clear_line(&fails(&arguments), &[&address, taken]);
    }
}

fn fails_on_free_ports(arguments: &[&str]) -> String {
    fails(&[&FREE_PORTS[..], arguments].concat())
}

#[test]
fn a_database_path_that_cannot_be_used_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "no database").unwrap();
    let below_a_file = file.join("customers.db");
    let stderr = fails_on_free_ports(&["--data", &below_a_file.display().to_string()]);
    assert_one_clear_line(&stderr, &["cannot make the folder"]);
    let stderr = fails_on_free_ports(&["--data", &file.display().to_string()]);
    assert_one_clear_line(
        &stderr,
        &["cannot open the database", &file.display().to_string()],
    );
}

#[test]
fn a_broken_template_is_reported_with_what_is_wrong_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    let broken = |text: &str| {
        std::fs::write(&path, text).unwrap();
        fails_on_free_ports(&["--memory", "--template", &path.display().to_string()])
    };
    assert_one_clear_line(&broken("Resources: ["), &["template.yaml is broken"]);
    assert_one_clear_line(&broken("Resources: {}"), &["it has no functions"]);
    let unknown = tests::read("template.yaml").replace("Binary: get-customer", "Binary: get-costumer");
    assert_one_clear_line(&broken(&unknown), &["get-costumer"]);
    std::fs::remove_file(&path).unwrap();
    let stderr = fails_on_free_ports(&["--memory", "--template", &path.display().to_string()]);
    assert_one_clear_line(&stderr, &["cannot read the template"]);
}

#[tokio::test]
async fn data_survives_restarts_and_the_shutdown_is_clean() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("deep/customers.db");
    for (round, signal) in ["-INT", "-TERM"].into_iter().enumerate() {
        let serving = Serving::start(&data);
        let client = tests::client();
        let customers = serving.url("/customers");
        let list = client
            .get(&customers)
            .bearer_auth("operator")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert_eq!(
            list.matches("\"id\"").count(),
            round,
            "the earlier rounds' customers are still there"
        );
        let new = format!("{{\"username\":\"customer-{round}\"}}");
        let call = client
            .post(&customers)
            .bearer_auth("operator")
            .header("content-type", "application/json")
            .body(new);
        assert_eq!(call.send().await.unwrap().status(), 201);
        drop(client);
        let output = serving.signal(signal);
        assert!(output.status.success(), "{signal}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

#[test]
fn a_second_process_on_the_same_database_fails_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("customers.db");
    let serving = Serving::start(&data);
    let stderr = fails_on_free_ports(&["--data", &data.display().to_string()]);
    assert_one_clear_line(&stderr, &["another process uses the database", "--data"]);
    serving.signal("-INT");
}

#[tokio::test]
async fn every_request_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(&folder.path().join("customers.db"));
    let url = format!("http://{}/permissions", serving.address);
    tests::client()
        .get(url)
        .bearer_auth("reader")
        .send()
        .await
        .unwrap();
    let output = String::from_utf8(serving.signal("-TERM").stdout).unwrap();
    assert!(output.contains("GET /permissions 200 "), "{output}");
}

/// The commands that call a registry.
const CALLERS: [&[&str]; 5] = [
    &["get", "anna"],
    &["list"],
    &["events", "anna"],
    &["smoke", "http://127.0.0.1:3000"],
    &["listen"],
];

/// The command with this variable is a usage error that names it and does not quote it.
fn assert_refuses_variable(arguments: &[&str], name: &str, value: &[u8], reason: &str) {
    let mut command = command(arguments);
    let output = command.env(name, OsStr::from_bytes(value)).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
    let reason = format!("error: {name} {reason}");
    assert!(stderr.contains(&reason), "{arguments:?}: {stderr}");
    assert!(!stderr.contains("planted"), "{arguments:?}: {stderr}");
}

#[test]
fn a_variable_that_is_not_utf_8_is_a_usage_error_and_not_ignored() {
    let refuses = |arguments: &[&str], name: &str| {
        assert_refuses_variable(arguments, name, b"planted\xff", "is not UTF-8 text");
    };
    for arguments in CALLERS {
        refuses(arguments, "CUSTOMERS_TOKEN");
        refuses(arguments, "CUSTOMERS_CLIENT_SECRET");
    }
    for arguments in &CALLERS[..3] {
        refuses(arguments, "CUSTOMERS_URL");
    }
    for name in ["CUSTOMERS_WEBHOOK_SECRET", "CUSTOMERS_URL"] {
        refuses(&["listen"], name);
    }
}

#[test]
fn a_token_with_a_line_break_is_a_usage_error_that_does_not_quote_it() {
    for arguments in CALLERS {
        for token in ["planted\ntoken", "planted-token\r\n"] {
            let reason = "has a character that no token has, such as a line break";
            assert_refuses_variable(arguments, "CUSTOMERS_TOKEN", token.as_bytes(), reason);
        }
    }
}
