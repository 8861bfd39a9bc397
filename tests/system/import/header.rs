//! Errors for files that cannot be read because of their header line, their encoding or their quotes.

use tests::moving::{Files, run};

/// The import of this file fails with one line that contains these pieces, and creates no database.
async fn fails(name: &str, text: impl AsRef<[u8]>, pieces: &[&str]) {
    let files = Files::default();
    let file = files.write(name, text).display().to_string();
    let data = files.path("new/customers.db").display().to_string();
    let run = run(&["import", &file, "--data", &data]).await;
    run.assert_fails(pieces);
    assert_eq!(run.said.lines().count(), 1, "{run:?}");
    for wrong in ["imported", "run the same command again to continue", "planted"] {
        assert!(!run.said.contains(wrong), "{run:?}");
    }
    assert_eq!(files.names(), [name], "no file is created");
}

#[tokio::test]
async fn a_wrong_header_line_is_refused_with_the_column_at_fault() {
    for (header, complaint) in [
        (
            "id,username,tm_create,planted-secret",
            "column 4 of the header line is no field of a customer; the fields are id, username,",
        ),
        (
            "id,username,tm_create,",
            "column 4 of the header line has no name",
        ),
        (
            "id,username,tm_create,id",
            "has the column id twice: columns 1 and 4",
        ),
        ("id,username", "the header line lacks the column tm_create"),
        (
            "id,UserName,tm_create",
            "column 2 of the header line is UserName; the field is called username, in lower case",
        ),
        (
            "id,username, tm_create",
            "column 3 of the header line has spaces around its name, tm_create",
        ),
        (
            "id;username;tm_create",
            "the columns of the header line are separated by semicolons; they must be separated by commas",
        ),
        ("ID\tUsername\tplanted", "separated by tabs"),
        ("id|username", "separated by vertical bars"),
        // The first customer of a file without a header line.
        (
            "planted-id,planted;secret,\"planted, token\"",
            "column 1 of the header line is no field",
        ),
        ("\n\n", "the file is empty"),
        (
            "\"id\n\n,username,tm_create",
            "the quote that opens on line 1 is never closed",
        ),
    ] {
        fails("in.csv", format!("{header}\n"), &[complaint]).await;
    }
    fails("in.csv", "", &["the file is empty"]).await;
    fails(
        "in.csv",
        b"id,username,tm_create,\xFF",
        &["column 4 of the header line"],
    )
    .await;
}

#[tokio::test]
async fn a_utf_16_file_is_reported_as_utf_16() {
    let texts = ["id,username,tm_create\n", "{\"username\":\"planted\"}\n"];
    for (name, text) in ["in.csv", "in.ndjson"].into_iter().zip(texts) {
        let utf16 = |mark: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            format!("{mark}{text}").encode_utf16().flat_map(bytes).collect()
        };
        for file in [
            utf16("\u{FEFF}", u16::to_le_bytes),
            utf16("\u{FEFF}", u16::to_be_bytes),
            utf16("", u16::to_le_bytes),
            utf16("", u16::to_be_bytes),
        ] {
            fails(name, file, &["the file is UTF-16, not UTF-8"]).await;
        }
    }
}

const ID: &str = "5e4a0680-804e-11ec-8477-2fea00000001";

#[tokio::test]
async fn an_unclosed_quote_is_reported_with_its_line_and_the_records_before_it_are_imported() {
    let files = Files::default();
    let data = files.path("customers.db").display().to_string();
    let start =
        format!("id,username,tm_create,name\n\n{ID},anna,2022-02-01 00:00:00.000000,\"two\nlines\"\n");
    for rest in ["", &"x,\"\"\n".repeat(1_000_000)] {
        let text = format!("{start}\nplanted,ben,\"\"\"\nno\",\"planted\n{rest}");
        let file = files.write("in.csv", text).display().to_string();
        let run = run(&["import", &file, "--data", &data]).await;
        run.assert_fails(&[
            "the quote that opens on line 7 is never closed",
            "what is imported stays",
        ]);
        let totals = [
            "1 imported, 0 already there, 0 refused",
            "0 imported, 1 already there, 0 refused",
        ];
        assert!(totals.iter().any(|totals| run.said.contains(totals)), "{run:?}");
        for wrong in ["planted", "to continue"] {
            assert!(!run.said.contains(wrong), "{run:?}");
        }
    }
    let long = format!("{start}\n{}\n", "x".repeat(2_000_000));
    let file = files.write("in.csv", long).display().to_string();
    let run = run(&["import", &file, "--data", &data]).await;
    run.assert_fails(&[
        "the record on line 6 is longer than a million bytes",
        "correct the file, and run the same command again",
    ]);
}
