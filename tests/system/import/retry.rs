//! The retry file: the refused records, to be corrected and imported.

use serde_json::{Value, json};
use tests::moving::{Files, customer, customers, import, ndjson, run, run_to_end};
use tests::{TestApp, invariants};

use super::from_standard_input;

/// Three customers, of which the second and the third are refused.
async fn refused(app: &TestApp, files: &Files) -> [String; 2] {
    app.create("moved-2").await;
    let mut wrong = customer(1);
    wrong["name"] = json!(7);
    // The spaces around the first line must be kept.
    let lines = [format!("  {wrong}  "), customer(2).to_string()];
    let text = format!("{}{}\r\n\n{}", ndjson(&customers(1)), lines[0], lines[1]);
    let file = files.write("in.ndjson", text);
    let run = import(&file, app.server.dynamodb).await;
    run.assert_totals(1, 0, 2);
    for name in ["in.ndjson.refused.ndjson", "in.retry.ndjson"] {
        assert!(
            run.said.contains(&files.path(name).display().to_string()),
            "{run:?}"
        );
    }
    assert!(run.said.contains("holds their secrets"), "{run:?}");
    lines
}

#[tokio::test]
async fn refused_lines_are_kept_in_a_private_file_that_can_be_corrected_and_imported() {
    let (app, files) = (TestApp::start().await, Files::default());
    let lines = refused(&app, &files).await;
    assert_eq!(
        files.read("in.retry.ndjson"),
        format!("{}\n{}\n", lines[0], lines[1])
    );
    assert_eq!(files.mode("in.retry.ndjson"), "600");
    assert_eq!(files.mode("in.ndjson.refused.ndjson"), "600");

    let half = files
        .read("in.retry.ndjson")
        .replace("\"name\":7", "\"name\":\"x\"");
    let retry = files.write("in.retry.ndjson", half);
    import(&retry, app.server.dynamodb).await.assert_totals(1, 0, 1);
    assert_eq!(files.read("in.retry.retry.ndjson"), format!("{}\n", lines[1]));
    let last = files.read("in.retry.retry.ndjson").replace("Moved-2", "Moved-2b");
    let retry = files.write("in.retry.retry.ndjson", last);
    import(&retry, app.server.dynamodb).await.assert_totals(1, 0, 0);
    invariants::check(&app).await;
    assert_eq!(app.items().await.len(), 2 * 4);
}

#[tokio::test]
async fn the_retry_file_of_a_csv_import_begins_with_the_header_line() {
    let (app, files) = (TestApp::start().await, Files::default());
    let id = |number| customer(number)["id"].as_str().unwrap().to_owned();
    let header = "\u{FEFF}id,tm_create,\"username\",detail";
    let row = |number, rest: &str| format!("{},2022-02-01 00:00:00.000000,{rest}", id(number));
    let rows = [
        row(1, "anna,fine"),
        row(2, "a b,\"two\r\n\r\nlines, \"\"quoted\"\"\""),
        row(3, "carla"),
        row(4, "dora,\"\""),
    ];
    let csv = files.write("in.csv", format!("{header}\r\n{}\r\n", rows.join("\r\n\r\n")));
    import(&csv, app.server.dynamodb).await.assert_totals(2, 0, 2);
    let expected = format!("{header}\n{}\n{}\n", rows[1], rows[2]);
    assert_eq!(files.read("in.retry.csv"), expected);
    assert_eq!(
        files.refusals("in.csv"),
        ["4 - /username invalid_format", "8 -  invalid_format"],
        "in the same order"
    );

    let corrected = expected.replace("a b", "ben").replace("carla", "carla,");
    let retry = files.write("in.retry.csv", corrected);
    import(&retry, app.server.dynamodb).await.assert_totals(2, 0, 0);
    let body = app.get(&format!("/customers/{}", id(2))).await.body;
    assert_eq!(body["detail"], "two\r\n\r\nlines, \"quoted\"");
    invariants::check(&app).await;
}

#[tokio::test]
async fn a_corrected_retry_file_is_never_replaced() {
    let (app, files) = (TestApp::start().await, Files::default());
    let lines = refused(&app, &files).await;
    let (file, all) = (files.path("in.ndjson"), files.read("in.retry.ndjson"));

    // An unchanged file, or the beginning of one that a stopped import left, is replaced: nothing is lost.
    for beginning in [all.as_str(), &format!("{}\n", lines[0]), ""] {
        files.write("in.retry.ndjson", beginning);
        import(&file, app.server.dynamodb).await.assert_totals(0, 1, 2);
        assert_eq!(files.read("in.retry.ndjson"), all);
        assert_eq!(files.mode("in.retry.ndjson"), "600");
    }
    assert_eq!(
        files.names(),
        ["in.ndjson", "in.ndjson.refused.ndjson", "in.retry.ndjson"]
    );

    let corrected = all.replace("\"name\":7", "\"name\":\"seven\"");
    files.write("in.retry.ndjson", &corrected);
    std::fs::create_dir(files.path("in.retry.2.ndjson")).unwrap();
    let run = import(&file, app.server.dynamodb).await;
    run.assert_totals(0, 1, 2);
    assert!(run.said.contains("in.retry.3.ndjson"), "{run:?}");
    assert_eq!(files.read("in.retry.ndjson"), corrected);
    assert_eq!(files.read("in.retry.3.ndjson"), all);
}

#[tokio::test]
async fn a_line_too_long_for_the_retry_file_is_counted() {
    let (app, files) = (TestApp::start().await, Files::default());
    let long = format!("{{\"detail\":\"{}\"}}\nnonsense\n", "x".repeat(1_000_001));
    let file = files.write("in.jsonl", long);
    let run = import(&file, app.server.dynamodb).await;
    run.assert_totals(0, 0, 2);
    assert!(
        run.said.contains("1 of the refused are too long to be in it"),
        "{run:?}"
    );
    assert_eq!(files.read("in.retry.ndjson"), "nonsense\n");
}

#[tokio::test]
async fn files_of_an_import_from_standard_input_go_to_the_current_folder_or_beside_the_report() {
    let (app, files) = (TestApp::start().await, Files::default());
    let input = files.write("in", "nonsense\n");
    let other = Files::default();
    let report = other.path("why.ndjson").display().to_string();
    for arguments in [&[][..], &["--report", &report]] {
        let mut command = from_standard_input("ndjson", app.server.dynamodb, arguments);
        let template = tests::root().join("template.yaml").canonicalize().unwrap();
        command
            .arg("--template")
            .arg(template)
            .current_dir(files.path("."))
            .stdin(std::fs::File::open(&input).unwrap());
        let run = run_to_end(command).await;
        run.assert_totals(0, 0, 1);
        let shown = match arguments {
            [] => "import.retry.ndjson".to_owned(),
            _ => other.path("import.retry.ndjson").display().to_string(),
        };
        assert!(run.said.contains(&format!(" {shown},")), "{run:?}");
    }
    assert_eq!(
        files.names(),
        ["import.refused.ndjson", "import.retry.ndjson", "in"]
    );
    assert_eq!(other.names(), ["import.retry.ndjson", "why.ndjson"]);
}

#[tokio::test]
async fn the_report_and_retry_file_of_an_input_without_an_extension_have_different_names() {
    let (app, files) = (TestApp::start().await, Files::default());
    let endpoint = format!("http://{}", app.server.dynamodb);
    let file = files
        .write("in", format!("{}\n", Value::Null))
        .display()
        .to_string();
    run(&["import", &file, "--format", "ndjson", "--endpoint", &endpoint])
        .await
        .assert_totals(0, 0, 1);
    assert_eq!(files.names(), ["in", "in.refused.ndjson", "in.retry.ndjson"]);
}
