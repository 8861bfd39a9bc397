//! Has cargo build what is measured, and finds out where it put it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Binaries by name.
pub(crate) struct Binaries(HashMap<String, PathBuf>);

impl Binaries {
    /// Builds the functions of the project at `root`, and the baselines.
    ///
    /// The functions are built all at once with the whole workspace, so that a feature which leaks from
    /// one crate into another shows in the figures. The baselines are built one by one, so that none does.
    pub(crate) fn build(root: &Path) -> Result<Self> {
        let baselines = root.join("bench/baselines");
        let mut binaries = Self(HashMap::new());
        binaries.cargo(root, &["--workspace", "--bins"])?;
        for package in ["floor", "usual"] {
            // Beside the benchmark's own build, unless the user has said where everything goes.
            let target = root.join("bench/target").display().to_string();
            let mut options = vec!["--package", package];
            if std::env::var_os("CARGO_TARGET_DIR").is_none() {
                options.extend(["--target-dir", &target]);
            }
            binaries.cargo(&baselines, &options)?;
        }
        Ok(binaries)
    }

    /// Where the binary of this name is.
    pub(crate) fn path(&self, name: &str) -> Result<&Path> {
        self.0
            .get(name)
            .map(PathBuf::as_path)
            .with_context(|| format!("cargo built no binary {name}"))
    }

    /// Runs `cargo build --release` in `folder` and notes the binaries it names.
    fn cargo(&mut self, folder: &Path, options: &[&str]) -> Result<()> {
        eprintln!(
            "cargo build --release {} in {}",
            options.join(" "),
            folder.display()
        );
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // What `cargo run` says of this package would have the build scripts of others run again, and all be rebuilt.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
                command.env_remove(name);
            }
        }
        let output = command
            .args(["build", "--release", "--message-format=json-render-diagnostics"])
            .args(options)
            .current_dir(folder)
            .stderr(Stdio::inherit())
            .output()
            .context("cargo does not run")?;
        ensure!(
            output.status.success(),
            "the build in {} failed",
            folder.display()
        );
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let message: Value = serde_json::from_str(line).unwrap_or_default();
            if let (Some(name), Some(path)) =
                (message["target"]["name"].as_str(), message["executable"].as_str())
            {
                self.0.insert(name.to_owned(), path.into());
            }
        }
        Ok(())
    }
}
