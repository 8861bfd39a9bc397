//! The file of the embedded database: who can read it, and which files are left alone.

mod path;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use local::database::Engine;
use local::template::{CUSTOMERS_TABLE, EVENTS_TABLE, Template};
use serde_json::json;
use tests::moving::{customers, ndjson};
use tests::process::{Serving, command};

use crate::command::FREE_PORTS;

/// The command with a umask of 000, so that only the command itself can keep others from reading its files.
fn without_umask(arguments: &[&str]) -> Command {
    let plain = command(arguments);
    let mut command = Command::new("sh");
    command
        .args(["-c", "umask 000; exec \"$0\" \"$@\""])
        .arg(plain.get_program())
        .args(plain.get_args())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn serve(data: &Path) -> Serving {
    let data = data.display().to_string();
    Serving::run(&mut without_umask(
        &[&FREE_PORTS[..], &["--data", &data]].concat(),
    ))
}

fn mode(path: &Path) -> u32 {
    let metadata = fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    metadata.permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The files in a folder, and their permissions.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), mode(&entry.path())))
        .collect();
    files.sort();
    files
}

fn side_file(data: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", data.display()))
}

#[test]
fn a_new_database_and_the_files_beside_it_are_private() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("made/deep/customers.db");
    let serving = serve(&data);
    let files = modes(data.parent().unwrap());
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"customers.db-wal"), "{names:?}");
    assert!(files.iter().all(|(_, mode)| *mode == 0o600), "{files:?}");
    for made in ["made", "made/deep"] {
        assert_eq!(mode(&folder.path().join(made)), 0o700, "{made}");
    }
    serving.signal("-INT");
}

#[test]
fn an_import_creates_a_private_database() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("customers.ndjson");
    fs::write(&file, ndjson(&customers(3))).unwrap();
    let data = folder.path().join("made/customers.db");
    let (file, path) = (file.display().to_string(), data.display().to_string());
    let output = without_umask(&["import", &file, "--data", &path])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!((mode(&data), mode(data.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn an_existing_folder_keeps_its_permissions() {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o755);
    let serving = serve(&folder.path().join("customers.db"));
    assert_eq!(mode(folder.path()), 0o755);
    serving.signal("-INT");
}

#[test]
fn a_database_that_others_can_read_is_made_private_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("customers.db");
    // A killed server leaves the files beside the database behind.
    serve(&data).signal("-KILL");
    let readable = ["", "-wal", "-shm", ".lock"].map(|suffix| side_file(&data, suffix));
    for file in &readable {
        set_mode(file, 0o664);
    }
    let output = serve(&data).signal("-INT");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "one warning for all files: {stderr}");
    for piece in ["warning: ", &data.display().to_string(), "other users"] {
        assert!(stderr.contains(piece), "{piece}: {stderr}");
    }
    let files = modes(folder.path());
    assert!(files.iter().all(|(_, mode)| *mode == 0o600), "{files:?}");

    let output = serve(&data).signal("-INT");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "",
        "the second start has nothing to warn of"
    );
}

#[test]
fn a_file_that_is_not_a_database_is_reported_and_left_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes.txt");
    for text in ["Remember the milk.\n", "x", "SQLite format 3 is a file format.\n"] {
        fs::write(&notes, text).unwrap();
        set_mode(&notes, 0o644);
        let data = notes.display().to_string();
        for arguments in [&FREE_PORTS[..], &["export", "out.csv"]] {
            let output = command(&[arguments, &["--data", &data]].concat())
                .output()
                .unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success(), "{arguments:?}");
            assert_eq!(stderr.lines().count(), 1, "{stderr}");
            for piece in ["error: ", &data, "is no database", "--data"] {
                assert!(stderr.contains(piece), "{piece}: {stderr}");
            }
            assert_eq!(fs::read_to_string(&notes).unwrap(), text);
            let files = modes(folder.path());
            assert_eq!(
                files,
                [("notes.txt".to_owned(), 0o644)],
                "no file is created beside it"
            );
        }
    }
}

#[test]
fn a_database_of_another_program_is_reported_and_left_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("other.db"), folder.path().join("in.ndjson"));
    let other = rusqlite::Connection::open(&data).unwrap();
    other.execute_batch("CREATE TABLE notes (text)").unwrap();
    drop(other);
    fs::write(&file, ndjson(&customers(1))).unwrap();
    set_mode(&data, 0o644);
    let (before, bytes) = (modes(folder.path()), fs::read(&data).unwrap());
    let (data_path, file) = (data.display().to_string(), file.display().to_string());
    let out = folder.path().join("out.csv").display().to_string();
    for arguments in [
        &FREE_PORTS[..],
        &["import", &file],
        &["import", "--dry-run", &file],
        &["export", &out],
    ] {
        let all = [arguments, &["--data", &data_path]].concat();
        let output = command(&all).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        for piece in ["error: ", &data_path, "another program", "--data"] {
            assert!(stderr.contains(piece), "{piece}: {stderr}");
        }
        assert_eq!(modes(folder.path()), before, "{arguments:?}");
        assert!(fs::read(&data).unwrap() == bytes, "{arguments:?}");
    }
}

#[test]
fn a_dry_run_and_an_export_change_neither_the_permissions_nor_the_tables_of_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (
        folder.path().join("customers.db"),
        folder.path().join("in.ndjson"),
    );
    let template = Template::read(&tests::root().join("template.yaml")).unwrap();
    let engine = Engine::open(Some(&data), &template).unwrap();
    // An earlier release had no such table.
    let history = serde_json::from_value(json!({"TableName": EVENTS_TABLE})).unwrap();
    engine.database.delete_table(history).unwrap();
    drop(engine);
    fs::write(&file, ndjson(&customers(1))).unwrap();
    set_mode(&data, 0o640);
    let bytes = fs::read(&data).unwrap();
    let (data_path, file) = (data.display().to_string(), file.display().to_string());
    let out = folder.path().join("out.csv").display().to_string();
    for arguments in [["import", "--dry-run", &file].as_slice(), &["export", &out]] {
        let all = [arguments, &["--data", &data_path]].concat();
        let output = command(&all).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(mode(&data), 0o640, "{arguments:?}");
        assert!(fs::read(&data).unwrap() == bytes, "{arguments:?}");
    }
}

#[test]
fn a_database_has_all_its_tables_before_it_gets_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("customers.db");
    let template = Template::read(&tests::root().join("template.yaml")).unwrap();
    drop(Engine::open(Some(&data), &template).unwrap());
    let engine = Engine::open_unchanged(&data).unwrap();
    let tables = engine
        .database
        .list_tables(serde_json::from_value(json!({})).unwrap());
    assert_eq!(
        tables.unwrap().table_names,
        [CUSTOMERS_TABLE, EVENTS_TABLE, "LocalState"]
    );
}
