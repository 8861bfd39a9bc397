/// The condition that a write puts on the record's version. It comes from `If-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// No condition: any version.
    None,
    /// One of these versions; an empty list allows no version.
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
