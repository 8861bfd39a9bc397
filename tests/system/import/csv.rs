//! Records of CSV files that an import refuses.

use tests::moving::{Files, customer, import};
use tests::{TestApp, invariants};

#[tokio::test]
async fn a_csv_record_is_reported_with_the_line_on_which_it_begins() {
    let (app, files) = (TestApp::start().await, Files::default());
    let row = |number, rest: &str| {
        let id = customer(number)["id"].as_str().unwrap().to_owned();
        format!("{id},name-{number},2022-02-01 00:00:00.000000,{rest}")
    };
    let mut text = [
        "id,username,tm_create,detail",
        &row(1, "\"two\nlines\""),
        &row(2, "a,b"),
    ]
    .join("\n");
    text = [
        &text,
        &row(3, "")[..60],
        &row(4, "fine"),
        &row(5, "\"three\n\n\"").replace("2022", "2O22"),
    ]
    .join("\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(b"\n");
    bytes.extend(row(6, "").into_bytes());
    bytes.extend_from_slice(b"\xFF\n");
    let csv = files.write("in.csv", bytes);
    import(&csv, app.server.dynamodb).await.assert_totals(2, 0, 4);
    assert_eq!(
        files.refusals("in.csv"),
        [
            "4 -  invalid_format",
            "5 -  invalid_format",
            "7 name-5 /tm_create invalid_format",
            "10 -  invalid_format",
        ]
    );
    invariants::check(&app).await;
    assert_eq!(app.items().await.len(), 2 * 2);
}

#[tokio::test]
async fn lines_of_a_csv_file_are_counted_whatever_ends_them() {
    for end in ["\n", "\r\n", "\r"] {
        let (app, files) = (TestApp::start().await, Files::default());
        let id = customer(1)["id"].as_str().unwrap().to_owned();
        let lines = [
            "id,username,tm_create",
            "",
            "x,\"two",
            "lines\",y",
            "",
            &format!("{id},anna,2022-02-01 00:00:00.000000"),
            "z",
        ];
        let csv = files.write("in.csv", lines.join(end));
        import(&csv, app.server.dynamodb).await.assert_totals(1, 0, 2);
        let refusals = files.refusals("in.csv");
        let lines: Vec<_> = refusals
            .iter()
            .filter_map(|line| line.split(' ').next())
            .collect();
        assert_eq!(lines, ["3", "3", "3", "7"], "{end:?}: {refusals:?}");
    }
}

#[tokio::test]
async fn a_csv_record_with_text_behind_a_closing_quote_is_refused_not_altered() {
    let (app, files) = (TestApp::start().await, Files::default());
    let row = |number, name: &str| {
        let id = customer(number)["id"].as_str().unwrap().to_owned();
        format!("{id},name-{number},{name},2022-02-01 00:00:00.000000\n")
    };
    let names = [
        "\"Anna \"the cat\" Ltd\"",
        "\"abc\"def",
        "\"abc\" ",
        "\"Anna \"\"the cat\"\" Ltd\"",
        "\"\"",
        "\"a,\n\"\"\"",
    ];
    let rows: String = names
        .iter()
        .enumerate()
        .map(|(number, name)| row(number, name))
        .collect();
    let csv = files.write("in.csv", format!("id,username,name,tm_create\n{rows}"));
    import(&csv, app.server.dynamodb).await.assert_totals(3, 0, 3);
    assert_eq!(
        files.refusals("in.csv"),
        [
            "2 -  invalid_format",
            "3 -  invalid_format",
            "4 -  invalid_format"
        ]
    );
    for (number, name) in [(3, "Anna \"the cat\" Ltd"), (4, ""), (5, "a,\n\"")] {
        let path = format!("/customers/{}", customer(number)["id"].as_str().unwrap());
        assert_eq!(app.get(&path).await.body["name"], name);
    }
}
