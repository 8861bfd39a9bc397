/// An environment variable. An empty one counts as absent, because `sam local` sets variables that it cannot resolve to
/// `""`.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
