//! The command `import`.

mod csv;
mod dry_run;
mod files;
mod header;
mod interrupted;
mod refused;
mod retry;
mod stopped;

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use local::template::CUSTOMERS_TABLE;
use serde_json::{Value, json};
use tests::moving::{
    Files, customer, customers, end, export, import, ndjson, run, run_to_end, sorted, start,
};
use tests::process::{Serving, command};
use tests::{TestApp, invariants};

/// The command that imports standard input into the database at `address`.
fn from_standard_input(format: &str, address: SocketAddr, arguments: &[&str]) -> Command {
    let endpoint = format!("http://{address}");
    let all = [
        &["import", "-", "--format", format, "--endpoint", &endpoint],
        arguments,
    ]
    .concat();
    command(&all)
}

#[tokio::test]
async fn imported_customers_are_served_like_any_others() {
    let (app, files) = (TestApp::start().await, Files::default());
    let moved = customers(120);
    files
        .import(&moved, app.server.dynamodb)
        .await
        .assert_totals(120, 0, 0);
    invariants::check(&app).await;

    for one in &moved {
        let path = format!("/customers/{}", one["id"].as_str().unwrap());
        let answer = app.get(&path).await;
        assert_eq!((answer.status, answer.header("etag")), (200, "\"1\""));
        assert_eq!(&answer.body, one, "ids, timestamps and secrets are kept");
    }
    let found = app.get("/customers?username=MOVED-7").await;
    assert_eq!(found.result(), [customer(7)]);
    let taken = app.post(json!({"username": "moved-7"})).await;
    assert_eq!((taken.status, taken.code()), (409, "username_taken"));
    let changed = app.patch(&customer(7), json!({"name": "New"})).await;
    assert_eq!((changed.status, changed.header("etag")), (200, "\"2\""));
    let deleted = app.get("/customers?deleted=true&page_size=100").await;
    assert_eq!(deleted.result().len(), 40);
}

#[tokio::test]
async fn a_second_import_of_the_same_file_writes_nothing() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    let moved = customers(120);
    files.import(&moved, proxy.address).await.assert_totals(120, 0, 0);
    let items = app.items().await;
    proxy.take_seen();

    files.import(&moved, proxy.address).await.assert_totals(0, 120, 0);
    assert_eq!(app.items().await, items);
    let seen = proxy.take_seen();
    let operations: Vec<_> = seen.iter().map(|one| one.operation.as_str()).collect();
    assert_eq!(
        operations,
        ["GetItem", "BatchGetItem", "BatchGetItem", "BatchGetItem"]
    );
}

#[tokio::test]
async fn an_import_consumes_the_documented_capacity() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let files = Files::default();
    files
        .import(&customers(50), proxy.address)
        .await
        .assert_totals(50, 0, 0);
    let units = |operation: &str, part: &str| -> f64 {
        let seen = proxy.take_seen();
        let one = seen.iter().find(|one| one.operation == operation).unwrap();
        one.capacity[0].pointer(part).unwrap().as_f64().unwrap()
    };
    assert_eq!(units("TransactWriteItems", "/CapacityUnits"), 50.0 * 5.0);
    files
        .import(&customers(50), proxy.address)
        .await
        .assert_totals(0, 50, 0);
    assert_eq!(units("BatchGetItem", "/CapacityUnits"), 50.0 * 0.5);
    drop(app);
}

#[tokio::test]
async fn a_field_missing_from_a_record_gets_the_default_of_a_creation() {
    let (app, files) = (TestApp::start().await, Files::default());
    let least = json!({
        "id": customer(1)["id"],
        "username": "anna",
        "tm_create": "2022-02-01 00:00:00.000000",
    });
    files
        .import(std::slice::from_ref(&least), app.server.dynamodb)
        .await
        .assert_totals(1, 0, 0);
    let mut expected = app.create("ben").await;
    for (field, value) in least.as_object().unwrap() {
        expected[field] = value.clone();
    }
    expected["tm_update"] = least["tm_create"].clone();
    let path = format!("/customers/{}", least["id"].as_str().unwrap());
    assert_eq!(app.get(&path).await.body, expected);
}

/// A cell with commas, quotes, line breaks, a formula and non-ASCII characters.
const HOSTILE_TEXT: &str = "a,\"b\"\r\n\n;\t=1+1 \u{0}ü\u{1F600}\u{FEFF} ";

#[tokio::test]
async fn csv_and_ndjson_files_carry_the_same_data() {
    let (app, files) = (TestApp::start().await, Files::default());
    let mut moved = customers(30);
    moved[0]["detail"] = json!(HOSTILE_TEXT);
    moved[1]["permission_ids"] = json!([]);
    moved[2]["webhook_method"] = json!("");
    files
        .import(&moved, app.server.dynamodb)
        .await
        .assert_totals(30, 0, 0);
    let csv = files.path("all.csv");
    assert_eq!(export(&csv, app.server.dynamodb).await.code, Some(0));

    let other = TestApp::start().await;
    import(&csv, other.server.dynamodb).await.assert_totals(30, 0, 0);
    invariants::check(&other).await;
    export(&files.path("all.ndjson"), other.server.dynamodb).await;
    assert_eq!(sorted(files.lines("all.ndjson")), sorted(moved));
}

#[tokio::test]
async fn csv_columns_can_come_in_any_order_and_a_missing_one_gets_its_default() {
    let (app, files) = (TestApp::start().await, Files::default());
    let id = customer(1)["id"].as_str().unwrap().to_owned();
    let text = format!(
        "\u{FEFF}tm_create,username,permission_ids,id,tm_delete\r\n2022-02-01 00:00:00.000000,anna, \
         03796e14-7cb4-11ec-9dba-e72023efd1c6 ,{id},\r\n"
    );
    let csv = files.write("some.csv", text);
    import(&csv, app.server.dynamodb).await.assert_totals(1, 0, 0);
    let body = app.get(&format!("/customers/{id}")).await.body;
    assert_eq!(body["webhook_method"], "POST");
    assert_eq!(body["permission_ids"].as_array().map(Vec::len), Some(1));
    assert_eq!(body["tm_delete"], tests::moving::NEVER);
}

#[tokio::test]
async fn standard_input_is_read_like_a_file() {
    use tokio::io::AsyncWriteExt;
    let (app, files) = (TestApp::start().await, Files::default());
    let report = files.path("report").display().to_string();
    let mut command = from_standard_input("ndjson", app.server.dynamodb, &["--report", &report]);
    command.stdin(Stdio::piped());
    let mut child = tokio::process::Command::from(command).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines = format!("\n{}\nnonsense", ndjson(&customers(2)));
    input.write_all(lines.as_bytes()).await.unwrap();
    drop(input);
    end(child).await.assert_totals(2, 0, 1);
    let refused: Value = serde_json::from_str(&files.read("report")).unwrap();
    assert_eq!((&refused["line"], &refused["id"]), (&json!(5), &Value::Null));
}

#[tokio::test]
async fn an_import_opens_the_database_file_unless_a_server_has_it_open() {
    let files = Files::default();
    let file = files
        .write("in.ndjson", ndjson(&customers(3)))
        .display()
        .to_string();
    let data = files.path("deep/customers.db");
    let path = data.display().to_string();
    run(&["import", &file, "--data", &path])
        .await
        .assert_totals(3, 0, 0);

    let serving = Serving::start(&data);
    let hint = format!("--endpoint {}", serving.dynamodb);
    let refused = run(&["import", &file, "--data", &path]).await;
    refused.assert_fails(&["another process uses the database", &hint]);
    run(&["import", &file, "--endpoint", &serving.dynamodb])
        .await
        .assert_totals(0, 3, 0);
    let found = tests::client().get(serving.url("/customers?username=moved-1"));
    let found = found
        .bearer_auth("operator")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(found.contains("Moved-1"), "{found}");
    serving.signal("-TERM");
}

#[tokio::test]
async fn an_import_reaches_a_table_on_aws_with_the_environments_settings() {
    let (app, files) = (TestApp::start().await, Files::default());
    let file = files
        .write("in.ndjson", ndjson(&customers(3)))
        .display()
        .to_string();
    let settings = [
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        (
            "AWS_ENDPOINT_URL_DYNAMODB",
            format!("http://{}", app.server.dynamodb),
        ),
    ];
    let arguments = ["import", &file, "--table", CUSTOMERS_TABLE];
    for missing in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        let mut command = command(&arguments);
        command.envs(settings.clone()).env_remove(missing);
        let complaint = format!("the environment variable {missing} is not set");
        run_to_end(command).await.assert_fails(&[&complaint]);
    }
    let mut wrong = command(&arguments);
    wrong
        .envs(settings.clone())
        .env("AWS_ENDPOINT_URL_DYNAMODB", "zzz");
    run_to_end(wrong)
        .await
        .assert_fails(&["the endpoint zzz in the environment cannot be used: it must be like http"]);
    let mut command = command(&arguments);
    command.envs(settings);
    run_to_end(command).await.assert_totals(3, 0, 0);
}

#[tokio::test]
async fn patience_can_be_any_number_of_seconds() {
    let (app, files) = (TestApp::start().await, Files::default());
    let file = files.write("in.ndjson", ndjson(&customers(3)));
    let longest = ["--patience", &u64::MAX.to_string()];
    end(start("import", &file, app.server.dynamodb, &longest))
        .await
        .assert_totals(3, 0, 0);
    let out = files.path("out.ndjson");
    let exported = end(start("export", &out, app.server.dynamodb, &longest)).await;
    assert_eq!(exported.code, Some(0), "{exported:?}");
}

#[tokio::test]
async fn help_shows_an_example_and_wrong_arguments_exit_with_status_2() {
    for command in ["import", "export"] {
        let help = run(&[command, "--help"]).await;
        assert_eq!(help.code, Some(0));
        let example = format!("cargo run -- {command} customers");
        for piece in ["--data", "--endpoint", "--table", "--format", "Example", &example] {
            assert!(help.said.contains(piece), "{piece}: {help:?}");
        }
        for wrong in [
            &[command][..],
            &[command, "-"],
            &[command, "customers"],
            &[command, "customers.txt"],
            &[
                command,
                "a.csv",
                "--table",
                "t",
                "--endpoint",
                "http://127.0.0.1:8000",
            ],
        ] {
            let wrong = run(wrong).await;
            assert_eq!(wrong.code, Some(2), "{wrong:?}");
            let usage = format!("Usage: customers {command} ");
            assert!(wrong.said.contains(&usage), "{wrong:?}");
        }
    }
    let absent = run(&["import", "/nowhere/customers.csv"]).await;
    assert_eq!(absent.code, Some(1));
    assert!(
        absent.said.contains("cannot read /nowhere/customers.csv"),
        "{absent:?}"
    );
}
