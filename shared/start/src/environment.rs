use aws_sdk_dynamodb::config::Credentials;

use crate::settings::SettingsError;

/// An environment variable. An empty one counts as absent, because `sam local` sets variables that it cannot resolve to
/// `""`.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// An environment variable that has to be set.
///
/// # Errors
/// [`SettingsError::Missing`]
pub(crate) fn required(name: &'static str) -> Result<String, SettingsError> {
    variable(name).ok_or(SettingsError::Missing(name))
}

/// The credentials of the function's role, which live as long as its environment.
///
/// # Errors
/// [`SettingsError::Missing`]
pub(crate) fn credentials() -> Result<Credentials, SettingsError> {
    Ok(Credentials::new(
        required("AWS_ACCESS_KEY_ID")?,
        required("AWS_SECRET_ACCESS_KEY")?,
        variable("AWS_SESSION_TOKEN"),
        None,
        "environment",
    ))
}
