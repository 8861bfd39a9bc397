//! What all parts of the benchmark share: the binaries, built as they are deployed, and a temporary folder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Deserializer, Value};
use tempfile::TempDir;

/// A function's environment variables: names and values.
pub(crate) type Environment = Vec<(&'static str, String)>;

/// What all parts of the benchmark share.
pub(crate) struct Bench {
    /// For certificates and logs; removed at the end.
    pub(crate) folder: TempDir,
    binaries: HashMap<String, PathBuf>,
}

impl Bench {
    /// Builds the functions and the baselines.
    ///
    /// The functions are built with the features of the whole workspace, so that a feature which leaks from one crate
    /// into another shows in the figures. The baselines are built one at a time, so that none leaks between them.
    pub(crate) fn prepare() -> Result<Self> {
        // Of the workspace's binaries, just the functions have a hyphen in their names.
        let mut binaries = cargo_build("", &["--workspace", "--bin", "*-*"])?;
        for (folder, package) in [
            ("bench/baselines", "floor"),
            ("bench/baselines", "usual"),
            ("bench/deliver", "deliver"),
        ] {
            let mut options = vec!["--package", package];
            // The benchmark's own target directory, unless the user has set another.
            if std::env::var_os("CARGO_TARGET_DIR").is_none() {
                options.extend(["--target-dir", concat!(env!("CARGO_MANIFEST_DIR"), "/target")]);
            }
            binaries.extend(cargo_build(folder, &options)?);
        }
        let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
        Ok(Self { folder, binaries })
    }

    /// The path of the binary with this name.
    pub(crate) fn binary(&self, name: &str) -> Result<&Path> {
        let path = self.binaries.get(name).map(PathBuf::as_path);
        path.with_context(|| format!("cargo built no binary {name}"))
    }
}

/// Runs `cargo build --release` in a folder of the project, and returns the paths of the binaries by name.
fn cargo_build(folder: &str, options: &[&str]) -> Result<HashMap<String, PathBuf>> {
    let folder = tests::root().join(folder);
    let shown = folder.display();
    eprintln!("cargo build --release {} in {shown}", options.join(" "));
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // With the variables that `cargo run` sets for this package, build scripts would run again and rebuild everything.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            command.env_remove(name);
        }
    }
    command.args(["build", "--release", "--message-format=json-render-diagnostics"]);
    command
        .args(options)
        .current_dir(&folder)
        .stderr(Stdio::inherit());
    let output = command.output().context("cannot run cargo")?;
    ensure!(output.status.success(), "the build in {shown} failed");
    let messages = Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let built = messages.filter_map(|message| {
        let message = message.ok()?;
        let name = message["target"]["name"].as_str()?.to_owned();
        Some((name, message["executable"].as_str()?.into()))
    });
    Ok(built.collect())
}
