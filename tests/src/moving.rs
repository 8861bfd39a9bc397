//! The commands `import` and `export`, run as processes of their own, and files for them.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use crate::process::command;

/// How the contract writes "not deleted".
pub const NEVER: &str = "9999-01-01 00:00:00.000000";

/// A customer as a file has it; each number makes another one, and every third one is deleted.
pub fn customer(number: usize) -> Value {
    let day = number % 28 + 1;
    let tm_delete = match number % 3 {
        0 => format!("2024-03-{day:02} 00:00:00.000000"),
        _ => NEVER.to_owned(),
    };
    json!({
        "id": format!("5e4a0680-804e-11ec-8477-2fea{number:08x}"),
        "username": format!("Moved-{number}"),
        "name": format!("Customer {number}"),
        "detail": "",
        "webhook_method": "PUT",
        "webhook_uri": "https://example.com/hook",
        "line_secret": format!("planted-secret-{number}"),
        "line_token": format!("planted/token-{number}"),
        "permission_ids": ["03796e14-7cb4-11ec-9dba-e72023efd1c6"],
        "tm_create": format!("2022-02-{day:02} 00:00:00.{number:06}"),
        "tm_update": format!("2023-02-{day:02} 00:00:00.000000"),
        "tm_delete": tm_delete,
    })
}

/// Customers with the numbers from 0 on.
pub fn customers(count: usize) -> Vec<Value> {
    (0..count).map(customer).collect()
}

/// The lines of a file of customers.
pub fn ndjson(customers: &[Value]) -> String {
    customers.iter().map(|customer| format!("{customer}\n")).collect()
}

/// Customers sorted by id.
pub fn sorted(mut customers: Vec<Value>) -> Vec<Value> {
    customers.sort_by_key(|customer| customer["id"].to_string());
    customers
}

/// A run that has ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code.
    pub code: Option<i32>,
    /// Everything it said.
    pub said: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let said = [output.stdout, output.stderr].concat();
        Self {
            code: output.status.code(),
            said: String::from_utf8(said).expect("text"),
        }
    }
}

impl Run {
    /// # Panics
    /// If its exit status is not 1, or its output lacks one of the pieces.
    pub fn assert_fails(&self, pieces: &[&str]) {
        assert_eq!(self.code, Some(1), "{self:?}");
        for piece in pieces {
            assert!(self.said.contains(piece), "{piece}: {self:?}");
        }
    }

    /// # Panics
    /// If the totals are not these.
    pub fn assert_totals(&self, imported: usize, already_there: usize, refused: usize) {
        let totals = format!("{imported} imported, {already_there} already there, {refused} refused");
        assert!(self.said.contains(&totals), "{totals}: {self:?}");
        assert_eq!(self.code, Some(i32::from(refused > 0)), "{self:?}");
    }
}

/// A temporary folder for import and export files.
pub struct Files(TempDir);

impl Default for Files {
    fn default() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }
}

impl Files {
    /// The path of a file.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a file.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// A file's text.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of all files, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
            .collect();
        names.sort();
        names
    }

    /// The rights on a file, as three digits in octal.
    pub fn mode(&self, name: &str) -> String {
        let metadata = std::fs::metadata(self.path(name)).expect("a file");
        format!("{:o}", metadata.permissions().mode() & 0o777)
    }

    /// The documents on the lines of a file.
    pub fn lines(&self, name: &str) -> Vec<Value> {
        let text = self.read(name);
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    /// Writes customers to `in.ndjson` and imports them into the database at `address`.
    pub async fn import(&self, customers: &[Value], address: SocketAddr) -> Run {
        let file = self.write("in.ndjson", ndjson(customers));
        import(&file, address).await
    }

    /// The refusals of the last import of `file`, as `line username pointer code`, one for each fault.
    pub fn refusals(&self, file: &str) -> Vec<String> {
        let lines = self.lines(&format!("{file}.refused.ndjson"));
        let faults = lines.iter().flat_map(|line| {
            let errors = line["errors"].as_array().expect("errors").iter();
            errors.map(move |error| {
                let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
                let username = text(&line["username"]);
                format!(
                    "{} {username} {} {}",
                    line["line"],
                    text(&error["pointer"]),
                    text(&error["code"])
                )
            })
        });
        faults.collect()
    }
}

/// Starts one of the two commands for the database at `address`.
pub fn start(subcommand: &str, file: &Path, address: SocketAddr, arguments: &[&str]) -> Child {
    let (file, endpoint) = (file.display().to_string(), format!("http://{address}"));
    let all = [&[subcommand, &file, "--endpoint", &endpoint], arguments].concat();
    Command::from(command(&all)).spawn().expect("the binary starts")
}

/// Sends a signal such as `-INT`.
pub fn signal(child: &Child, signal: &str) {
    let id = child.id().expect("it runs").to_string();
    let sent = std::process::Command::new("kill").args([signal, &id]).status();
    assert!(sent.expect("kill runs").success());
}

/// Reads standard error until it contains `text` or ends, and returns it.
pub async fn until_it_says(child: &mut Child, text: &str) -> String {
    let (mut said, mut bytes) = (Vec::new(), [0; 1024]);
    let stderr = child.stderr.as_mut().expect("a pipe");
    while !String::from_utf8_lossy(&said).contains(text) {
        match stderr.read(&mut bytes).await.expect("text") {
            0 => break,
            count => said.extend_from_slice(&bytes[..count]),
        }
    }
    String::from_utf8(said).expect("text")
}

/// Runs the command with these arguments to its end.
pub async fn run(arguments: &[&str]) -> Run {
    run_to_end(command(arguments)).await
}

/// Runs a command to its end.
pub async fn run_to_end(command: std::process::Command) -> Run {
    end(Command::from(command).spawn().expect("the binary starts")).await
}

/// Waits for the end.
pub async fn end(child: Child) -> Run {
    child.wait_with_output().await.expect("its output").into()
}

/// Imports a file into the database at `address`.
pub async fn import(file: &Path, address: SocketAddr) -> Run {
    end(start("import", file, address, &[])).await
}

/// Exports the database at `address` into a file.
pub async fn export(file: &Path, address: SocketAddr) -> Run {
    end(start("export", file, address, &[])).await
}
