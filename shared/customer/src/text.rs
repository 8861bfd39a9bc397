use std::fmt;
use std::marker::PhantomData;

use crate::fault::Fault;

/// The rule of a text field.
pub trait Rule {
    /// # Errors
    /// The first fault of `text`. It never quotes the text.
    fn check(text: &str) -> Result<(), Fault>;
}

/// A text that follows the rule `R`, kept as written.
#[derive(Clone, PartialEq, Eq)]
pub struct Text<R> {
    text: String,
    rule: PhantomData<R>,
}

impl<R: Rule> Text<R> {
    /// # Errors
    /// The first fault of `text`.
    pub fn parse(text: impl Into<String>) -> Result<Self, Fault> {
        let text = text.into();
        R::check(&text)?;
        Ok(Self::from_stored(text))
    }
}

impl<R> Text<R> {
    /// A stored value. It is not checked again: it was valid by the rule in force when it was written.
    pub fn from_stored(text: String) -> Self {
        let rule = PhantomData;
        Self { text, rule }
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<R: Default> Default for Text<R> {
    /// The empty text, for a field that may be empty.
    fn default() -> Self {
        Self::from_stored(String::new())
    }
}

impl<R> fmt::Debug for Text<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}
