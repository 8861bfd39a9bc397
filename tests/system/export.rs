//! The command `export`.

mod output;

use std::collections::HashSet;

use customer::catalogue;
use proptest::collection::{hash_set, vec};
use proptest::option;
use proptest::prelude::{Strategy, any};
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tests::moving::{Files, NEVER, customers, export, import, ndjson, run, sorted};
use tests::proxy::Fault;
use tests::{TestApp, invariants};

fn timestamp() -> impl Strategy<Value = String> {
    "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8]) ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{6}"
        .prop_filter(
            "any year from 0 on, except the timestamp that means never",
            |text| text != NEVER,
        )
}

/// Any valid customer. The number makes its username unique.
fn any_customer(number: usize) -> impl Strategy<Value = Value> {
    let ids: Vec<_> = catalogue().iter().map(|one| one.id.to_string()).collect();
    let texts = (
        "[A-Za-z0-9._@+-]{0,200}",
        vec(any::<char>(), 0..255).prop_map(String::from_iter),
        any::<String>(),
        select(vec!["", "GET", "POST", "PUT", "DELETE"]),
        "|https://example\\.com/([!$&-;=?-Z_a-z~]|%[0-9A-F]{2}){0,200}",
        "[ -~]{0,255}",
        "[ -~]{0,1024}",
    );
    let rest = (
        any::<[u8; 15]>(),
        hash_set(select(ids), 0..3),
        [timestamp(), timestamp()],
        option::of(timestamp()),
    );
    (texts, rest).prop_map(
        move |(texts, (bytes, permissions, [tm_create, tm_update], tm_delete))| {
            let (username, name, detail, method, uri, secret, token) = texts;
            let id =
                uuid::Builder::from_random_bytes(std::array::from_fn(|n| bytes.get(n).copied().unwrap_or(0)));
            json!({
                "id": id.into_uuid().to_string(),
                "username": format!("{number}-{username}"),
                "name": name,
                "detail": detail,
                "webhook_method": method,
                "webhook_uri": uri,
                "line_secret": secret,
                "line_token": token,
                "permission_ids": permissions.into_iter().collect::<Vec<_>>(),
                "tm_create": tm_create,
                "tm_update": tm_update,
                "tm_delete": tm_delete.unwrap_or_else(|| NEVER.to_owned()),
            })
        },
    )
}

#[tokio::test]
async fn an_export_in_either_format_equals_what_was_imported() {
    let mut runner = TestRunner::default();
    let customers: Vec<_> = (0..200)
        .map(|number| any_customer(number).new_tree(&mut runner).unwrap().current())
        .collect();
    let (files, one, other) = (Files::default(), TestApp::start().await, TestApp::start().await);
    files
        .import(&customers, one.server.dynamodb)
        .await
        .assert_totals(200, 0, 0);
    invariants::check(&one).await;
    assert_eq!(
        export(&files.path("out.csv"), one.server.dynamodb).await.code,
        Some(0)
    );
    import(&files.path("out.csv"), other.server.dynamodb)
        .await
        .assert_totals(200, 0, 0);
    invariants::check(&other).await;
    assert_eq!(
        export(&files.path("out.ndjson"), other.server.dynamodb)
            .await
            .code,
        Some(0)
    );
    assert_eq!(sorted(files.lines("out.ndjson")), sorted(customers));
}

#[tokio::test]
async fn an_export_reads_every_page_of_the_table() {
    let (app, files) = (TestApp::start().await, Files::default());
    app.load(5_000);
    let path = files.path("out.ndjson");
    let run = export(&path, app.server.dynamodb).await;
    assert!(run.said.contains("5000 exported"), "{run:?}");
    let lines = files.lines("out.ndjson");
    let ids: HashSet<_> = lines.iter().map(|one| one["id"].to_string()).collect();
    assert_eq!((lines.len(), ids.len()), (5_000, 5_000));
}

#[tokio::test]
async fn an_export_file_is_private_and_replaces_an_older_one_only_when_complete() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    files
        .import(&customers(5), app.server.dynamodb)
        .await
        .assert_totals(5, 0, 0);
    let out = files.write("out.ndjson", "an older export");
    let endpoint = format!("http://{}", proxy.address);
    proxy.inject(
        [Fault::Pass]
            .into_iter()
            .chain([Fault::Refuse(400, "ThrottlingException"); 50]),
    );
    let failed = run(&[
        "export",
        &out.display().to_string(),
        "--endpoint",
        &endpoint,
        "--patience",
        "0",
    ])
    .await;
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert_eq!(files.read("out.ndjson"), "an older export");
    assert_eq!(files.names(), ["in.ndjson", "out.ndjson"]);

    proxy.heal();
    assert_eq!(export(&out, proxy.address).await.code, Some(0));
    assert_eq!(sorted(files.lines("out.ndjson")), sorted(customers(5)));
    assert_eq!(files.mode("out.ndjson"), "600");
    assert_eq!(files.names(), ["in.ndjson", "out.ndjson"]);
}

#[tokio::test]
async fn an_export_to_standard_output_writes_only_the_customers() {
    let (app, files) = (TestApp::start().await, Files::default());
    files
        .import(&customers(5), app.server.dynamodb)
        .await
        .assert_totals(5, 0, 0);
    let endpoint = format!("http://{}", app.server.dynamodb);
    let command = tests::process::command(&["export", "-", "--format", "ndjson", "--endpoint", &endpoint]);
    let output = tokio::process::Command::from(command).output().await.unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().count(), 5);
    files.write("again.ndjson", &lines);
    assert_eq!(
        ndjson(&sorted(files.lines("again.ndjson"))),
        ndjson(&sorted(customers(5)))
    );
}

#[tokio::test]
async fn an_export_does_not_create_a_missing_database() {
    let files = Files::default();
    let data = files.path("nowhere/customers.db");
    let out = files.path("out.csv").display().to_string();
    let absent = run(&["export", &out, "--data", &data.display().to_string()]).await;
    assert_eq!(absent.code, Some(1));
    assert!(absent.said.contains("there is no database"), "{absent:?}");
    assert!(!data.exists());
}

#[tokio::test]
async fn a_damaged_customer_is_reported_and_left_out_and_the_export_fails() {
    let (app, files) = (TestApp::start().await, Files::default());
    files
        .import(&customers(3), app.server.dynamodb)
        .await
        .assert_totals(3, 0, 0);
    let items = app.items().await;
    let mut stored = items.into_iter().filter(|item| item["line_secret"].is_object());
    let (mut odd, mut damaged) = (stored.next().unwrap(), stored.next().unwrap());
    odd["name"]["S"] = json!("n".repeat(300));
    damaged["line_secret"] = json!({"L": [{"S": "planted-secret"}]});
    for item in [&odd, &damaged] {
        app.dynamodb("PutItem", json!({"Item": item})).await;
    }
    let exported = export(&files.path("out.ndjson"), app.server.dynamodb).await;
    let key = damaged["pk"]["S"].as_str().unwrap();
    exported.assert_fails(&[
        key,
        "`line_secret`",
        "2 exported, 1 left out because they are damaged",
    ]);
    assert!(!exported.said.contains("planted"), "{exported:?}");
    let lines = files.lines("out.ndjson");
    assert_eq!(lines.len(), 2);
    assert!(
        lines.iter().any(|line| line["name"] == odd["name"]["S"]),
        "a stored value that breaks a current rule is still exported: {lines:?}"
    );
}

#[tokio::test]
async fn the_key_of_a_damaged_customer_cannot_command_the_terminal() {
    let (app, files) = (TestApp::start().await, Files::default());
    let item = json!({"pk": {"S": "customer#\u{1b}[2J\u{202e}\n"}});
    app.dynamodb("PutItem", json!({"Item": item})).await;
    let exported = export(&files.path("out.ndjson"), app.server.dynamodb).await;
    exported.assert_fails(&[r"customer#\u{1b}[2J\u{202e}\n is damaged"]);
}
