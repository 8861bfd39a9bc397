//! What the functions' binaries are made of.

use std::collections::BTreeSet;
use std::process::Command;

use local::functions::FUNCTIONS;

/// A second TLS stack or an old HTTP stack, each with the crate's version where another one is fine.
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

/// Lines of `cargo tree`, each a crate with its version, or a crate with one of its features.
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
fn a_build_of_the_whole_workspace_switches_nothing_on_in_the_functions() {
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
        "the names are those of cargo tree"
    );
}

#[test]
fn every_test_that_the_documents_name_is_there() {
    let mut sources = String::new();
    let mut folders = vec![tests::root().join("tests"), tests::root().join("shared")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources += &std::fs::read_to_string(path).unwrap();
            }
        }
    }
    let documents = tests::read("docs/security.md") + &tests::read("docs/rehearsal.md");
    // A test's name is a sentence: code in backquotes with four words or more.
    let named: Vec<_> = documents
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.matches('_').count() > 3 && !code.contains(char::is_whitespace))
        .collect();
    assert!(named.len() > 15, "{named:?}");
    for name in named {
        assert!(
            sources.contains(&format!("fn {name}()")),
            "no test is called {name}"
        );
    }
}

#[test]
fn every_action_of_the_workflows_is_pinned_to_a_commit() {
    let mut actions = 0;
    for workflow in std::fs::read_dir(tests::root().join(".github/workflows")).unwrap() {
        let text = std::fs::read_to_string(workflow.unwrap().path()).unwrap();
        let uses = text.lines().filter_map(|line| line.split_once("uses: "));
        // What begins with a dot is of the same commit.
        for line in uses.filter(|line| !line.1.starts_with("./")) {
            let (_, commit) = line.1.split_once('@').unwrap();
            let commit = commit.split_whitespace().next().unwrap();
            let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_commit, "{} can be moved", line.1);
            actions += 1;
        }
    }
    assert!(actions > 1);
}
