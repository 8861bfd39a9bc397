//! What the black-box tests share. Every part they drive is a real one.
//!
//! | module | holds |
//! |---|---|
//! | [`app`] | [`TestApp`]: the API served on localhost with a database of its own, and a client for it |
//! | [`contract`] | `openapi.yaml`, against which every answer that a test sees is checked |
//! | [`deployed`] | what the template deploys, read as a tree |
//! | [`examples`] | the examples of the documentation, run and compared with what it shows |
//! | [`hostile`] | entry points for hostile input |
//! | [`invariants`] | what is true of the raw table after whatever happened |
//! | [`moving`] | the commands `import` and `export`, and files for them |
//! | [`proxy`] | a proxy on the wire to the database that counts, and fails on request |
//! | [`process`] | the command `customers`, served as a process of its own |
//! | [`runtime`] | the Lambda Runtime API, for driving the functions' binaries |

pub mod app;
pub mod contract;
pub mod deployed;
pub mod examples;
pub mod hostile;
pub mod invariants;
pub mod moving;
pub mod process;
pub mod proxy;
pub mod runtime;

pub use app::{Answer, OPERATOR, READER, TestApp, all_at_once, customer_token, in_memory, path_of};

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of the workspace as text.
pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// An HTTP client for servers on this machine.
///
/// # Panics
/// If none can be made.
pub fn client() -> reqwest::Client {
    smoke::client("http://127.0.0.1").expect("a client")
}
