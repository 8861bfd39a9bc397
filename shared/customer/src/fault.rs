//! What is wrong with a value, and where.

use std::borrow::Cow;

/// Why a value is not valid. The detail never quotes the value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Fault {
    /// The kind of fault, for programs.
    pub code: FaultCode,
    /// What to do about it, for people.
    pub detail: Cow<'static, str>,
}

impl Fault {
    /// A fault of the kind `code`, explained by `detail`.
    pub fn new(code: FaultCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }

    /// The same fault with its place: `pointer` is a JSON Pointer (RFC 6901), `""` for the whole document.
    pub fn at(self, pointer: impl Into<String>) -> FaultAt {
        FaultAt {
            pointer: pointer.into(),
            fault: self,
        }
    }
}

/// A fault and its place in a request or a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultAt {
    /// JSON Pointer (RFC 6901) to the faulty value.
    pub pointer: String,
    /// What is wrong there.
    pub fault: Fault,
}

/// One answer lists at most this many faults. A hostile request can have tens of thousands.
pub const MAX_FAULTS: usize = 100;

/// The JSON Pointer (RFC 6901) to a member of a document, or to a parameter of a query.
pub fn pointer_to(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The kinds of fault a value can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultCode {
    /// A required field is absent or empty.
    Required,
    /// The value is longer than the field allows.
    TooLong,
    /// The value has the right type but not the right form.
    InvalidFormat,
    /// The value is not one that the field allows.
    NotAllowed,
    /// The value is not of the field's JSON type.
    WrongType,
    /// The list has the value twice, or the object has the key twice.
    Repeated,
    /// There is no such field.
    UnknownField,
    /// The service sets this field; a request cannot.
    ReadOnly,
    /// The document cannot be read as JSON.
    NotJson,
}

impl FaultCode {
    /// The code in an answer.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::TooLong => "too_long",
            Self::InvalidFormat => "invalid_format",
            Self::NotAllowed => "not_allowed",
            Self::WrongType => "wrong_type",
            Self::Repeated => "repeated",
            Self::UnknownField => "unknown_field",
            Self::ReadOnly => "read_only",
            Self::NotJson => "not_json",
        }
    }
}
