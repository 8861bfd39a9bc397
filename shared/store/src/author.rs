use aws_sdk_dynamodb::types::AttributeValue;

use crate::keys::Item;

/// The attribute that says who made the last write to an item.
pub(crate) const WRITTEN_BY: &str = "written_by";

/// The most bytes of a subject that are stored. OpenID Connect allows no longer one.
const MAX_SUBJECT: usize = 255;

/// Who made a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The kind of caller: `operator` or `customer`; `import` for an import, which has no token.
    pub kind: String,
    /// The subject of the caller's token; empty for an import.
    pub subject: String,
}

impl Author {
    /// A caller of this kind, whose token has this subject. A subject that is too long is cut.
    pub fn caller(kind: &str, subject: &str) -> Self {
        let end = subject.floor_char_boundary(MAX_SUBJECT);
        Self {
            kind: kind.to_owned(),
            subject: subject.get(..end).unwrap_or_default().to_owned(),
        }
    }

    /// An import, which uses the table and not the API.
    pub fn import() -> Self {
        Self::caller("import", "")
    }

    pub(crate) fn value(&self) -> AttributeValue {
        AttributeValue::S(format!("{}#{}", self.kind, self.subject))
    }

    /// The author of an item's last write; `None` if an earlier release made it.
    pub(crate) fn of(item: &Item) -> Option<Self> {
        let (kind, subject) = item.get(WRITTEN_BY)?.as_s().ok()?.split_once('#')?;
        Some(Self::caller(kind, subject))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(author: &Author) -> Option<Author> {
        Author::of(&Item::from([(WRITTEN_BY.to_owned(), author.value())]))
    }

    #[test]
    fn an_author_is_read_back_whatever_its_subject() {
        for subject in ["operator", "auth0|5f7c", "a#b", "", "#"] {
            let author = Author::caller("operator", subject);
            assert_eq!(read_back(&author), Some(author));
        }
        assert_eq!(read_back(&Author::import()), Some(Author::import()));
        assert_eq!(Author::of(&Item::new()), None);
    }

    #[test]
    fn a_long_subject_is_cut_between_characters() {
        let author = Author::caller("customer", &"\u{20ac}".repeat(1_000));
        assert_eq!(author.subject, "\u{20ac}".repeat(85));
    }
}
