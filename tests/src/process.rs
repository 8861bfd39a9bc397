//! The command `customers` as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;

use crate::runtime::binaries;

/// The command with these arguments, its output caught, without the `CUSTOMERS_` variables of whoever runs the tests.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(binaries().join("customers"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CUSTOMERS_") {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A served system.
pub struct Serving {
    /// The process.
    pub process: Child,
    /// Where its API listens.
    pub address: String,
    /// What it said when it started.
    pub greeting: String,
    /// The URL of its database.
    pub dynamodb: String,
    output: Option<JoinHandle<String>>,
}

impl Serving {
    /// Serves the data at `data` on addresses of its own choice.
    pub fn start(data: &Path) -> Self {
        Self::start_with(&["--data", &data.display().to_string()])
    }

    /// Serves with these arguments, on addresses of its own choice where they name none.
    pub fn start_with(arguments: &[&str]) -> Self {
        let mut all = arguments.to_vec();
        for option in ["--listen", "--dynamodb", "--queue"] {
            if !arguments.contains(&option) {
                all.extend([option, "127.0.0.1:0"]);
            }
        }
        if !arguments.contains(&"--allow-private-webhooks") {
            all.push("--no-webhooks");
        }
        Self::run(&mut command(&all))
    }

    /// Runs a command that serves.
    pub fn run(command: &mut Command) -> Self {
        let mut process = command.spawn().expect("the binary starts");
        let mut lines = BufReader::new(process.stdout.take().expect("a pipe"))
            .lines()
            .map_while(Result::ok);
        let first = lines.next().expect("a greeting");
        let address = first.split("http://").nth(1).expect("an address").to_owned();
        let mut greeting = first;
        while !greeting.contains("\nCtrl-C") {
            greeting = greeting + "\n" + &lines.next().expect("the rest of the greeting");
        }
        let dynamodb = greeting
            .split([' ', ',', '\n'])
            .filter(|word| word.starts_with("http://"))
            .nth(1);
        let dynamodb = dynamodb.expect("a URL").to_owned();
        // Somebody must read the access lines, or the pipe fills up.
        let output = Some(std::thread::spawn(move || lines.collect::<Vec<_>>().join("\n")));
        Self {
            process,
            address,
            greeting,
            dynamodb,
            output,
        }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends a signal such as `-INT` and waits for the end. The output is what came after the greeting.
    pub fn signal(self, signal: &str) -> Output {
        self.send(signal);
        self.end()
    }

    /// Sends a signal such as `-INT`.
    pub fn send(&self, signal: &str) {
        let status = Command::new("kill")
            .args([signal, &self.process.id().to_string()])
            .status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for the end. The output is what came after the greeting.
    pub fn end(mut self) -> Output {
        let mut stderr = Vec::new();
        let mut pipe = self.process.stderr.take().expect("a pipe");
        pipe.read_to_end(&mut stderr).expect("its errors");
        let output = self.output.take().expect("a reader");
        Output {
            status: self.process.wait().expect("its end"),
            stdout: output.join().expect("its lines").into_bytes(),
            stderr,
        }
    }
}

impl Drop for Serving {
    /// A test that fails leaves no process behind.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
