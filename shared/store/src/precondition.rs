/// What must be true of a record's version for a write to happen: `If-Match`, without its HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing: whatever version there is.
    None,
    /// One of these versions; no version at all if empty.
    VersionIn(Vec<u64>),
}

impl Precondition {
    /// Whether a record of this version may be written.
    pub fn allows(&self, version: u64) -> bool {
        match self {
            Self::None => true,
            Self::VersionIn(versions) => versions.contains(&version),
        }
    }
}
