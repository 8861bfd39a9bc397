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
