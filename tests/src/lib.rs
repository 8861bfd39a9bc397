//! What the tests share. Every part they drive is a real one.
//!
//! | module | holds |
//! |---|---|
//! | [`api`] | [`Api`]: the API from outside, on this machine or deployed |
//! | [`tokens`] | who calls, and the token that says so |
//! | [`call`], [`answer`] | a request, and what comes back |
//! | [`pages`] | walking a list |
//! | [`app`], [`table`] | [`TestApp`]: the API on this machine with a database that a test can reach |
//! | [`proxy`] | a proxy between the functions and the database that counts, and fails on request |
//! | [`contract`] | `openapi.yaml`, against which every answer that a test sees is checked |
//! | [`deployed`] | what the template deploys, read as a tree |
//! | [`examples`] | the examples of the documentation, run and compared with what it shows |
//! | [`hostile`] | entry points for hostile input |
//! | [`invariants`] | what always holds for the items in the table |
//! | [`moving`] | the commands `import` and `export`, and files for them |
//! | [`process`] | the command `customers`, served as a process of its own |
//! | [`runtime`] | the Lambda Runtime API, for driving the functions' binaries |

pub mod answer;
pub mod api;
pub mod app;
pub mod call;
pub mod contract;
pub mod deployed;
pub mod examples;
pub mod hostile;
pub mod invariants;
pub mod moving;
pub mod pages;
pub mod process;
pub mod proxy;
pub mod runtime;
pub mod table;
pub mod tokens;

pub use answer::{Answer, outcomes};
pub use api::{Api, id, path_of};
pub use app::{TestApp, in_memory};
pub use call::{Call, all_at_once};
pub use tokens::{OPERATOR, READER, customer_token};

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
    registry_client::client("http://127.0.0.1").expect("a client")
}
