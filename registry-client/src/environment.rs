//! Variables of the environment.

use std::env::{self, VarError};

use anyhow::{Result, bail};

/// An environment variable, `None` if it is not set or empty.
///
/// # Errors
/// A sentence with its name, and without its value, if it is not UTF-8.
pub fn variable(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{name} is not UTF-8 text"),
    }
}
