//! Who calls, and the token that says so.

use std::collections::HashMap;
use std::process::Command;
use std::sync::{LazyLock, Mutex};

use serde_json::Value;

/// The plain token of a caller who may do everything.
pub const OPERATOR: &str = "operator";

/// The plain token of a caller who may see everything.
pub const READER: &str = "reader";

/// The plain token of a customer.
pub fn customer_token(customer: &Value) -> String {
    format!("customer:{}", crate::api::id(customer))
}

/// What `CUSTOMERS_TOKEN_COMMAND` exits with where there is no such token.
const NO_SUCH_TOKEN: i32 = 3;

/// The token of the caller that `plain` names at a deployed API. `None`: its issuer gives none.
///
/// `CUSTOMERS_TOKEN_COMMAND` is a program that takes a plain token and prints the real one. Each is asked for once.
///
/// # Panics
/// If the command is not set or fails.
pub(crate) fn issued(plain: &str) -> Option<String> {
    static ISSUED: LazyLock<Mutex<HashMap<String, Option<String>>>> = LazyLock::new(Mutex::default);
    let mut issued = ISSUED.lock().expect("no command failed");
    issued
        .entry(plain.to_owned())
        .or_insert_with(|| ask(plain))
        .clone()
}

fn ask(plain: &str) -> Option<String> {
    let command = std::env::var("CUSTOMERS_TOKEN_COMMAND")
        .expect("CUSTOMERS_URL comes with CUSTOMERS_TOKEN_COMMAND: docs/rehearsal.md");
    let output = Command::new(&command)
        .arg(plain)
        .current_dir(crate::root())
        .output()
        .unwrap_or_else(|error| panic!("{command}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(NO_SUCH_TOKEN) {
        return None;
    }
    assert!(output.status.success(), "{command} {plain}: {said}");
    let token = String::from_utf8(output.stdout).expect("a token is text");
    Some(token.trim().to_owned())
}
