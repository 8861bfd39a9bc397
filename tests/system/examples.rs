//! The documentation, followed as a reader follows it: its examples work, and the tests that it names exist.

use std::path::PathBuf;

use serde_json::Value;
use tests::contract::Contract;
use tests::examples::{Example, examples, run};
use tests::process::Serving;

/// A server with an empty database.
fn serving(folder: &tempfile::TempDir) -> Serving {
    Serving::start(&folder.path().join("customers.db"))
}

/// `README.md` first, then every other document.
fn documents() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(tests::root().join("docs")).unwrap();
    let mut documents: Vec<_> = folder
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    documents.sort();
    documents.insert(0, "README.md".into());
    documents
}

fn follow(examples: &[Example], serving: &Serving) {
    for (example, outcome) in examples.iter().zip(run(examples, &serving.address)) {
        example.check(&outcome);
    }
}

#[test]
fn the_examples_of_each_document_work_from_top_to_bottom_and_show_real_output() {
    let mut with_examples = Vec::new();
    for document in documents() {
        let examples = examples(&tests::read(&document));
        if !examples.is_empty() {
            let folder = tempfile::tempdir().unwrap();
            let serving = serving(&folder);
            follow(&examples, &serving);
            serving.signal("-TERM");
            with_examples.push((document.file_name().unwrap().to_owned(), examples.len()));
        }
    }
    for document in ["README.md", "api.md"] {
        assert!(
            with_examples
                .iter()
                .any(|(name, count)| name == document && *count > 4),
            "{document} has too few examples: {with_examples:?}"
        );
    }
}

/// The example call that the server prints when it starts.
fn shown_at_the_start(serving: &Serving) -> Example {
    let from_here = serving.greeting.split(", or:\n").nth(1).expect("an example");
    let command = from_here.split("\n\n").next().unwrap_or_default();
    Example {
        command: format!("{command}\n"),
        shown: None,
    }
}

/// The example bodies that the API reference offers to send.
fn bodies(name: &str) -> Vec<&'static Value> {
    let body = &Contract::get().document["components"]["requestBodies"][name];
    let examples = body["content"]["application/json"]["examples"].as_object();
    let examples = examples.expect("examples").values();
    examples.map(|example| &example["value"]).collect()
}

#[tokio::test]
async fn all_examples_work_one_after_another_on_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let serving = serving(&folder);
    follow(&[shown_at_the_start(&serving)], &serving);
    for document in documents() {
        follow(&examples(&tests::read(document)), &serving);
    }

    let client = tests::client();
    for body in bodies("NewCustomer") {
        let call = client
            .post(serving.url("/customers"))
            .bearer_auth("operator")
            .json(body);
        let created = call.send().await.unwrap();
        assert_eq!(created.status(), 201, "{body}");
        let path = created.headers()["location"].to_str().unwrap().to_owned();
        for body in bodies("CustomerPatch") {
            let call = client
                .patch(serving.url(&path))
                .bearer_auth("operator")
                .json(body);
            assert_eq!(call.send().await.unwrap().status(), 200, "{body}");
        }
    }
    drop(client);
    serving.signal("-TERM");
}

#[test]
fn every_test_that_the_documents_name_exists() {
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
    let documents = ["docs/security.md", "docs/rehearsal.md", "CONTRIBUTING.md"]
        .map(tests::read)
        .concat();
    // A test's name is a sentence: code in backquotes with four underscores or more.
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
