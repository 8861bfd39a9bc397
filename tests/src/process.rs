//! The command `local` as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;

use crate::runtime::binaries;

/// The command with these arguments, its output caught.
pub fn local(arguments: &[&str]) -> Command {
    let mut command = Command::new(binaries().join("local"));
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
    output: Option<JoinHandle<String>>,
}

impl Serving {
    /// Serves the data at `data` on addresses of its own choice.
    pub fn start(data: &Path) -> Self {
        let data = data.display().to_string();
        let arguments = [
            "--listen",
            "127.0.0.1:0",
            "--dynamodb",
            "127.0.0.1:0",
            "--data",
            &data,
        ];
        let mut process = local(&arguments).spawn().expect("the binary starts");
        let mut lines = BufReader::new(process.stdout.take().expect("a pipe"))
            .lines()
            .map_while(Result::ok);
        let first = lines.next().expect("a greeting");
        let address = first.split("http://").nth(1).expect("an address").to_owned();
        let mut greeting = first;
        while !greeting.contains("\nCtrl-C") {
            greeting = greeting + "\n" + &lines.next().expect("the rest of the greeting");
        }
        // Somebody must read the access lines, or the pipe fills up.
        let output = Some(std::thread::spawn(move || lines.collect::<Vec<_>>().join("\n")));
        Self {
            process,
            address,
            greeting,
            output,
        }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends a signal such as `-INT` and waits for the end. The output is what came after the greeting.
    pub fn signal(mut self, signal: &str) -> Output {
        let status = Command::new("kill")
            .args([signal, &self.process.id().to_string()])
            .status();
        assert!(status.expect("kill runs").success());
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
