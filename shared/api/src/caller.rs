//! Who calls, and what they may do.
//!
//! In a deployed function the caller is known only from the authorizer's context in the event, which the client does
//! not control; under `sam local` also from a plain token. Without either there is no caller, and the answer is 401.
//! The rules are those of the table in `docs/api.md`.

#[cfg(test)]
mod tests;

use customer::{CustomerId, CustomerPatch};
use lambda_http::http::HeaderMap;
use lambda_http::http::header::AUTHORIZATION;
use store::Author;

use crate::claims::{Claims, CustomerClaim};
use crate::problem::Problem;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    role: Role,
    subject: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Scope `customers/write`.
    Operator,
    /// Scope `customers/read`.
    Reader,
    /// Claim `customer_id`.
    Customer(CustomerId),
    /// A known caller without any permission.
    Stranger,
}

/// Where a function learns who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentitySource {
    /// The authorizer's context, which API Gateway has verified.
    Authorizer,
    /// `Authorization: Bearer operator`, `reader` or `customer:<uuid>`: for `sam local`, which runs no authorizer.
    PlainTokens,
}

impl Caller {
    /// The caller of a request with these header fields and the `claims` that an authorizer has verified.
    ///
    /// # Errors
    /// [`Problem::Unauthenticated`] if there is none.
    pub fn identify(
        source: IdentitySource,
        claims: Option<&Claims>,
        headers: &HeaderMap,
    ) -> Result<Self, Problem> {
        let attested = claims.map(Self::from_claims);
        match source {
            IdentitySource::Authorizer => attested,
            IdentitySource::PlainTokens => attested.or_else(|| {
                bearer(headers)
                    .and_then(Claims::of_plain_token)
                    .map(|claims| Self::from_claims(&claims))
            }),
        }
        .ok_or(Problem::Unauthenticated)
    }

    /// A token that names a customer is that customer's, even if it has the scopes of an operator: the narrower role
    /// wins. A token without a subject, or with a `customer_id` that is not a UUID, allows nothing.
    fn from_claims(claims: &Claims) -> Self {
        let role = match claims.customer() {
            _ if claims.subject().is_none() => Role::Stranger,
            CustomerClaim::Id(id) => Role::Customer(id),
            CustomerClaim::Invalid => Role::Stranger,
            CustomerClaim::Absent if claims.has_scope("customers/write") => Role::Operator,
            CustomerClaim::Absent if claims.has_scope("customers/read") => Role::Reader,
            CustomerClaim::Absent => Role::Stranger,
        };
        Self {
            role,
            subject: claims.subject().unwrap_or_default().to_owned(),
        }
    }

    /// The caller's own identifier. Idempotency keys are separate for each subject.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The kind of caller, for the log.
    pub fn kind(&self) -> &'static str {
        match self.role {
            Role::Operator => "operator",
            Role::Reader => "reader",
            Role::Customer(_) => "customer",
            Role::Stranger => "stranger",
        }
    }

    /// The author of what this caller writes.
    pub fn author(&self) -> Author {
        Author::caller(self.kind(), &self.subject)
    }

    /// Only operators may create, delete, restore and erase customers.
    ///
    /// # Errors
    /// [`Problem::Forbidden`]
    pub fn must_be_operator(&self) -> Result<(), Problem> {
        match self.role {
            Role::Operator => Ok(()),
            _ => Err(Problem::Forbidden("this takes the scope customers/write")),
        }
    }

    /// Operators and readers may see all customers.
    ///
    /// # Errors
    /// [`Problem::Forbidden`]
    pub fn must_read_all(&self) -> Result<(), Problem> {
        match self.role {
            Role::Operator | Role::Reader => Ok(()),
            _ => Err(Problem::Forbidden(
                "this takes the scope customers/read or customers/write",
            )),
        }
    }

    /// Operators, readers and the customer itself may see a customer. To any other customer it does not exist.
    ///
    /// # Errors
    /// [`Problem::NotFound`] or [`Problem::Forbidden`]
    pub fn must_read(&self, id: CustomerId) -> Result<(), Problem> {
        match self.role {
            Role::Customer(own) if own == id => Ok(()),
            Role::Customer(_) => Err(Problem::NotFound),
            _ => self.must_read_all(),
        }
    }

    /// Operators and the customer itself may update a customer. To any other customer it does not exist.
    ///
    /// # Errors
    /// [`Problem::NotFound`] or [`Problem::Forbidden`]
    pub fn must_update(&self, id: CustomerId) -> Result<(), Problem> {
        match self.role {
            Role::Customer(own) if own == id => Ok(()),
            Role::Customer(_) => Err(Problem::NotFound),
            _ => self.must_be_operator(),
        }
    }

    /// Only operators may change a username or permissions.
    ///
    /// # Errors
    /// [`Problem::Forbidden`]
    pub fn must_be_allowed(&self, patch: &CustomerPatch) -> Result<(), Problem> {
        if patch.username.is_some() || patch.permission_ids.is_some() {
            self.must_be_operator()
        } else {
            Ok(())
        }
    }

    /// Every caller with any permission may list the permission catalogue.
    ///
    /// # Errors
    /// [`Problem::Forbidden`]
    pub fn must_be_known(&self) -> Result<(), Problem> {
        match self.role {
            Role::Stranger => Err(Problem::Forbidden("this takes a scope or a customer's token")),
            _ => Ok(()),
        }
    }

    /// Whether this caller sees the subjects of the tokens with which changes were made.
    pub(crate) fn sees_subjects(&self) -> bool {
        self.role == Role::Operator
    }

    /// Whether this caller sees secrets. Callers who may write the record do; others see `********`.
    pub fn sees_secrets(&self) -> bool {
        matches!(self.role, Role::Operator | Role::Customer(_))
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
