//! The functions' dependencies and their features.

use std::collections::BTreeSet;
use std::process::Command;

use local::functions::FUNCTIONS;

/// Crates of a second TLS stack or an old HTTP stack. The version is given where another version is allowed.
const BANNED: [&str; 9] = [
    "aws-config v",
    "aws-lc-rs v",
    "aws-lc-sys v",
    "h2 v0.3",
    "hyper v0.14",
    "native-tls v",
    "openssl v",
    "rustls v0.21",
    "rustls v0.22",
];

/// The lines of `cargo tree`: each is a crate with its version, or a crate with one of its features.
fn tree(arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--prefix", "none", "--edges"])
        .args(arguments)
        .current_dir(tests::root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect()
}

#[test]
fn no_function_depends_on_a_second_tls_stack_or_an_old_http_stack() {
    for (binary, _) in FUNCTIONS {
        let crates = tree(&["normal", "--package", binary]);
        assert!(crates.iter().any(|one| one.starts_with("ring v")), "{binary}");
        for banned in BANNED {
            assert!(
                !crates.iter().any(|one| one.starts_with(banned)),
                "{binary} depends on {banned}"
            );
        }
    }
}

#[test]
fn the_log_level_of_lambda_applies_to_every_crate_of_ours_that_logs() {
    let known = tests::read("shared/start/src/log.rs");
    let mut logging = 0;
    for folder in ["shared", "functions"] {
        for entry in std::fs::read_dir(tests::root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if tests::read(format!("{folder}/{name}/Cargo.toml")).contains("\ntracing.workspace") {
                let target = format!("\"{}\"", name.replace('-', "_"));
                assert!(known.contains(&target), "{name}");
                logging += 1;
            }
        }
    }
    assert!(logging >= 6, "{logging}");
}

#[test]
fn no_deployed_code_lets_webhooks_go_to_its_own_machine() {
    let callers = Command::new("grep")
        .args(["--recursive", "--files-with-matches", "allow_loopback_webhooks"])
        .args(["functions", "shared", "local/src", "cli/src"])
        .current_dir(tests::root())
        .output()
        .unwrap();
    let callers = String::from_utf8(callers.stdout).unwrap();
    let callers: BTreeSet<_> = callers.lines().collect();
    let expected = [
        "local/src/server/events.rs",
        "shared/customer/src/host.rs",
        "shared/customer/src/lib.rs",
    ];
    assert_eq!(callers, BTreeSet::from(expected));
}

#[test]
fn a_workspace_build_enables_no_unwanted_feature_in_the_functions() {
    let features = tree(&["normal,features", "--workspace"]);
    for banned in BANNED {
        assert!(
            !features.iter().any(|one| one.starts_with(banned)),
            "the workspace depends on {banned}"
        );
    }
    for feature in [
        "aws-sdk-dynamodb feature \"default\"",
        "aws-sdk-dynamodb feature \"rustls\"",
        "aws-sdk-dynamodb feature \"default-https-client\"",
        "aws-smithy-http-client feature \"rustls-aws-lc\"",
        "lambda_http feature \"default\"",
        "rustls feature \"aws_lc_rs\"",
        "rustls feature \"aws-lc-rs\"",
        "serde_json feature \"preserve_order\"",
    ] {
        assert!(!features.contains(feature), "{feature} is on");
    }
    assert!(
        features.contains("rustls feature \"ring\""),
        "cargo tree must still write features in this form"
    );
}
