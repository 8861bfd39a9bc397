/// An environment variable; an empty one counts as absent, as `sam local` sets what it cannot resolve to `""`.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
