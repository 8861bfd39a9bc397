//! The examples of the documentation, done as a reader does them.

use std::path::PathBuf;

use serde_json::Value;
use tests::contract::Contract;
use tests::examples::{Example, examples, run};
use tests::process::Serving;

/// A system with no data yet.
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
fn every_document_can_be_followed_from_top_to_bottom_and_shows_what_comes() {
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
            "{document} has lost its examples: {with_examples:?}"
        );
    }
}

/// The call that the server itself shows when it starts.
fn shown_at_the_start(serving: &Serving) -> Example {
    let from_here = serving.greeting.split(", or:\n").nth(1).expect("an example");
    let command = from_here.split("\n\n").next().unwrap_or_default();
    Example {
        command: format!("{command}\n"),
        shown: None,
    }
}

/// The bodies that the API reference shows, and sends at a press of a button.
fn bodies(name: &str) -> Vec<&'static Value> {
    let body = &Contract::get().document["components"]["requestBodies"][name];
    let examples = body["content"]["application/json"]["examples"].as_object();
    let examples = examples.expect("examples").values();
    examples.map(|example| &example["value"]).collect()
}

#[tokio::test]
async fn who_tries_all_examples_there_are_in_turn_succeeds_with_each() {
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
