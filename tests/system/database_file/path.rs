//! Paths of a database that lead to it in an unusual way, or to something else.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use tests::moving::{Files, customers, ndjson};
use tests::process::{Serving, command};

use super::modes;
use crate::command::FREE_PORTS;

/// Runs the command in this folder, with `--data` and this path.
fn run_in(files: &Files, arguments: &[&str], data: impl AsRef<OsStr>) -> Output {
    let template = tests::root().join("template.yaml").canonicalize().unwrap();
    command(arguments)
        .current_dir(files.path("."))
        .arg("--template")
        .arg(template)
        .arg("--data")
        .arg(data)
        .output()
        .unwrap()
}

fn fails(output: Output, pieces: &[&str]) {
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    for piece in pieces {
        assert!(stderr.contains(piece), "{piece}: {stderr}");
    }
}

#[test]
fn a_database_in_use_cannot_be_opened_under_another_name() {
    let files = Files::default();
    files.write("in.ndjson", ndjson(&customers(1)));
    let real = files.path("real.db");
    fs::create_dir(files.path("folder")).unwrap();
    symlink(&real, files.path("link.db")).unwrap();
    symlink("../link.db", files.path("folder/link.db")).unwrap();
    symlink(files.path("."), files.path("here")).unwrap();
    fs::write(&real, "").unwrap();
    let serving = Serving::start(&files.path("link.db"));
    let names = files.names();
    for name in ["real.db", "link.db", "folder/link.db", "here/real.db"] {
        let output = run_in(&files, &["import", "in.ndjson"], name);
        fails(output, &["another process uses the database"]);
        assert_eq!(files.names(), names);
    }
    fs::hard_link(&real, files.path("hard.db")).unwrap();
    let output = run_in(&files, &["import", "in.ndjson"], "hard.db");
    fails(output, &["cannot open the database hard.db", "hard link"]);
    serving.signal("-INT");
}

#[test]
fn a_link_to_no_database_is_reported() {
    let files = Files::default();
    files.write("in.ndjson", ndjson(&customers(1)));
    symlink("nowhere.db", files.path("link.db")).unwrap();
    let output = run_in(&files, &["import", "in.ndjson"], "link.db");
    fails(output, &["cannot open the database link.db"]);
    assert_eq!(files.names(), ["in.ndjson", "link.db"]);
}

#[test]
fn a_database_has_the_name_that_was_given_whatever_it_means_to_sqlite() {
    for name in ["file:x.db", "file:x.db?mode=memory", ":memory:", "a?b%20#.db"] {
        let files = Files::default();
        files.write("in.ndjson", ndjson(&customers(3)));
        for _ in 0..2 {
            let output = run_in(&files, &["import", "in.ndjson"], name);
            assert!(output.status.success(), "{output:?}");
        }
        let output = run_in(&files, &["export", "out.ndjson"], name);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(files.lines("out.ndjson").len(), 3);
        fs::remove_file(files.path("in.ndjson")).unwrap();
        for (file, mode) in modes(&files.path(".")) {
            assert!(file == "out.ndjson" || file.starts_with(name), "{file}");
            assert_eq!(mode, 0o600, "{file}");
        }
    }
}

#[test]
fn a_path_that_is_not_utf_8_is_refused_before_a_file_is_made() {
    let files = Files::default();
    files.write("in.ndjson", ndjson(&customers(1)));
    for arguments in [&FREE_PORTS[..], &["import", "in.ndjson"]] {
        let output = run_in(&files, arguments, OsStr::from_bytes(b"new/\xFF.db"));
        fails(output, &["its path is not UTF-8", "--data"]);
        assert_eq!(files.names(), ["in.ndjson"]);
    }
}

#[test]
fn a_named_pipe_or_a_folder_is_no_database() {
    let files = Files::default();
    files.write("in.ndjson", ndjson(&customers(1)));
    let made = Command::new("mkfifo").arg(files.path("pipe")).status();
    assert!(made.unwrap().success());
    fs::create_dir(files.path("folder")).unwrap();
    for name in ["pipe", "folder"] {
        for arguments in [
            &FREE_PORTS[..],
            &["import", "in.ndjson"],
            &["import", "--dry-run", "in.ndjson"],
            &["export", "out.ndjson"],
        ] {
            let output = run_in(&files, arguments, name);
            fails(output, &["cannot open the database", "not a regular file"]);
        }
    }
    assert_eq!(files.names(), ["folder", "in.ndjson", "pipe"]);
}
