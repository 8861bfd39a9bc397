//! Records that an import refuses, and the report about them.

use serde_json::{Value, json};
use tests::moving::{Files, NEVER, customer, customers, import, ndjson, run};
use tests::{TestApp, invariants};

async fn count(app: &TestApp) -> usize {
    invariants::check(app).await;
    app.items().await.len() / 2
}

#[tokio::test]
async fn a_record_is_reported_with_all_its_faults_and_the_others_are_imported() {
    let (app, files) = (TestApp::start().await, Files::default());
    let mut lines: Vec<_> = customers(8).iter().map(Value::to_string).collect();
    let broken = |number, field: &str, value| {
        let mut one = customer(number);
        one[field] = value;
        one
    };
    let mut worst = broken(1, "name", json!(7));
    worst["tm_update"] = json!("yesterday");
    worst["permission_ids"] = json!(["x"]);
    worst["version"] = json!(3);
    lines[1] = worst.to_string();
    lines[2] = "{\"id\":".to_owned();
    lines[3] = broken(3, "username", json!("a b")).to_string();
    lines[4] = broken(4, "line_secret", json!("********")).to_string();
    lines[5] = "{}".to_owned();
    lines[6] = format!("{{\"detail\":\"{}\"}}", "x".repeat(1_000_001));
    let mut never = broken(7, "tm_create", json!(NEVER));
    never["tm_update"] = json!(NEVER);
    lines[7] = never.to_string();
    let file = files.write("in.ndjson", lines.join("\n"));
    import(&file, app.server.dynamodb).await.assert_totals(1, 0, 7);
    assert_eq!(
        files.refusals("in.ndjson"),
        [
            "2 Moved-1 /name wrong_type",
            "2 Moved-1 /permission_ids/0 invalid_format",
            "2 Moved-1 /tm_update invalid_format",
            "2 Moved-1 /version unknown_field",
            "3 -  not_json",
            "4 - /username invalid_format",
            "5 Moved-4 /line_secret not_allowed",
            "6 - /id required",
            "6 - /username required",
            "6 - /tm_create required",
            "7 -  too_long",
            "8 Moved-7 /tm_create not_allowed",
            "8 Moved-7 /tm_update not_allowed",
        ]
    );
    assert_eq!(count(&app).await, 1);
}

#[tokio::test]
async fn a_byte_order_mark_alone_is_no_record() {
    let (app, files) = (TestApp::start().await, Files::default());
    for text in ["\u{feff}", "\u{feff}\r\n\n"] {
        let file = files.write("in.ndjson", text);
        import(&file, app.server.dynamodb).await.assert_totals(0, 0, 0);
    }
}

#[tokio::test]
async fn a_record_of_a_million_bytes_is_imported_and_a_longer_one_is_refused() {
    let (app, files) = (TestApp::start().await, Files::default());
    // Its beginning looks like an empty line.
    let late = format!("{}{}", " ".repeat(1_000_010), customer(4));
    let file = files.write("in.ndjson", late);
    import(&file, app.server.dynamodb).await.assert_totals(0, 0, 1);
    assert_eq!(files.refusals("in.ndjson"), ["1 -  too_long"]);
    for (end, number) in [("", 1), ("\n", 2), ("\r\n", 3)] {
        let mut record = customer(number).to_string();
        record += &" ".repeat(1_000_000 - record.len());
        let file = files.write("in.ndjson", format!("{record}{end}"));
        import(&file, app.server.dynamodb).await.assert_totals(1, 0, 0);
        let file = files.write("in.ndjson", format!("{record} {end}nonsense"));
        let refused = if end.is_empty() { 1 } else { 2 };
        import(&file, app.server.dynamodb)
            .await
            .assert_totals(0, 0, refused);
        assert_eq!(files.refusals("in.ndjson")[0], "1 -  too_long");
    }
}

#[tokio::test]
async fn a_conflicting_record_is_refused_and_the_rest_of_its_batch_is_imported() {
    let (app, files) = (TestApp::start().await, Files::default());
    app.create("moved-3").await;
    files
        .import(&customers(2), app.server.dynamodb)
        .await
        .assert_totals(2, 0, 0);
    app.patch(&customer(1), json!({"name": "changed since"})).await;
    let deleted = app.create("moved-5").await;
    app.delete(&deleted).await;

    let moved = customers(10);
    files
        .import(&moved, app.server.dynamodb)
        .await
        .assert_totals(6, 1, 3);
    let refused = [
        "2 Moved-1 /id id_taken",
        "4 Moved-3 /username username_taken",
        "6 Moved-5 /username username_taken",
    ];
    let mut refusals = files.refusals("in.ndjson");
    refusals.sort();
    assert_eq!(refusals, refused);
    assert_eq!(count(&app).await, 10);
    assert_eq!(
        app.get(&format!("/customers/{}", moved[1]["id"].as_str().unwrap()))
            .await
            .body["name"],
        "changed since"
    );
}

#[tokio::test]
async fn an_erased_id_is_refused_and_its_username_is_free_for_another_one() {
    let (app, files) = (TestApp::start().await, Files::default());
    let records = customers(3);
    let imported = files.import(&records, app.server.dynamodb).await;
    imported.assert_totals(3, 0, 0);
    let gone = &records[1];
    assert_eq!(app.delete(gone).await.status, 200);
    assert_eq!(app.erase(gone, 2).await.status, 200);

    let file = files.path("in.ndjson").display().to_string();
    let endpoint = format!("http://{}", app.server.dynamodb);
    let dry_run = run(&["import", &file, "--dry-run", "--endpoint", &endpoint]).await;
    let predicted = "0 would be imported, 2 already there, 1 would be refused";
    assert!(dry_run.said.contains(predicted), "{dry_run:?}");
    let again = files.import(&records, app.server.dynamodb).await;
    again.assert_totals(0, 2, 1);
    assert_eq!(files.refusals("in.ndjson"), ["2 Moved-1 /id id_erased"]);
    app.create("moved-1").await;
    assert_eq!(
        app.events(&records[0], 1).await[0]["by"],
        json!({"kind": "import"})
    );
}

#[tokio::test]
async fn the_first_of_two_records_with_the_same_id_or_username_is_imported() {
    let (app, files) = (TestApp::start().await, Files::default());
    let mut moved = customers(150);
    let with = |number, field: &str, value: &Value| {
        let mut one = customer(number);
        one[field] = value.clone();
        one
    };
    // Next to each other, in batches that are written at the same time, and far apart.
    for (line, first) in [(11, 10), (70, 12), (149, 0)] {
        moved[line] = with(line, "id", &moved[first]["id"]);
    }
    for (line, first) in [(21, 20), (80, 22), (148, 1)] {
        let username = moved[first]["username"].as_str().unwrap().to_uppercase();
        moved[line] = with(line, "username", &json!(username));
    }
    moved[140] = moved[139].clone();
    files
        .import(&moved, app.server.dynamodb)
        .await
        .assert_totals(143, 1, 6);
    let mut refusals = files.refusals("in.ndjson");
    refusals.sort();
    assert_eq!(
        refusals,
        [
            "12 Moved-11 /id id_taken",
            "149 MOVED-1 /username username_taken",
            "150 Moved-149 /id id_taken",
            "22 MOVED-20 /username username_taken",
            "71 Moved-70 /id id_taken",
            "81 MOVED-22 /username username_taken",
        ]
    );
    assert_eq!(count(&app).await, 143);
}

#[tokio::test]
async fn no_secret_appears_in_a_report_or_in_the_output() {
    let (app, files) = (TestApp::start().await, Files::default());
    let mut moved = customers(20);
    app.create("moved-2").await;
    moved[3]["line_secret"] = json!("planted-secret\u{7}");
    moved[4]["line_token"] = json!(["planted/token"]);
    moved[5]["id"] = moved[6]["id"].clone();
    let mut text = ndjson(&moved);
    text += "{\"line_secret\":\"planted-secret\" \"line_token\":\"planted/token\"}\nplanted-secret\n";
    let file = files.write("in.ndjson", text);
    let run = import(&file, app.server.dynamodb).await;
    run.assert_totals(16, 0, 6);
    let report = files.read("in.ndjson.refused.ndjson");
    assert_eq!(report.lines().count(), 6);
    for secret in ["planted-secret", "planted/token"] {
        assert!(!report.contains(secret), "{report}");
        assert!(!run.said.contains(secret), "{run:?}");
    }
}

#[tokio::test]
async fn an_earlier_report_is_removed_when_nothing_is_refused_any_more() {
    let (app, files) = (TestApp::start().await, Files::default());
    let wrong = json!({"id": "x"});
    files
        .import(&[wrong], app.server.dynamodb)
        .await
        .assert_totals(0, 0, 1);
    assert!(files.path("in.ndjson.refused.ndjson").exists());
    files
        .import(&customers(1), app.server.dynamodb)
        .await
        .assert_totals(1, 0, 0);
    assert!(!files.path("in.ndjson.refused.ndjson").exists());
}
