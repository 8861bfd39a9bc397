//! Who calls, and what they may do.
//!
//! A caller comes from the authorizer's context of the event and from nothing that the client controls; where
//! there is none, there is no caller, and the answer is 401. The rules are those of the table in `docs/api.md`.

use std::collections::HashMap;

use lambda_http::http::HeaderMap;
use lambda_http::http::header::AUTHORIZATION;

use crate::api::{Authorizer, Problem};
use crate::customer::{CustomerId, CustomerPatch};

/// What an authorizer found out about a caller: the claims of a verified token.
pub type Claims = HashMap<String, String>;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    role: Role,
    subject: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Scope `customers/write`, or an IAM identity.
    Operator,
    /// Scope `customers/read`.
    Reader,
    /// Claim `customer_id`.
    Customer(CustomerId),
    /// A known caller without any right here.
    Stranger,
}

/// Where a function looks for its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentitySource {
    /// The authorizer's context, as API Gateway attests it.
    Authorizer,
    /// `Authorization: Bearer operator`, `reader` or `customer:<uuid>`: for `sam local`, which runs no authorizer.
    PlainTokens,
}

impl Caller {
    /// The caller of a request.
    ///
    /// # Errors
    /// [`Problem::Unauthenticated`] if there is none.
    pub fn identify(
        source: IdentitySource,
        authorizer: Option<&Authorizer>,
        headers: &HeaderMap,
    ) -> Result<Self, Problem> {
        let attested = authorizer.and_then(|context| match (&context.jwt, &context.iam) {
            (Some(jwt), _) => Some(Self::from_claims(&jwt.claims)),
            (None, Some(iam)) => iam
                .user_arn
                .as_deref()
                .filter(|arn| !arn.is_empty())
                .map(Self::from_iam),
            (None, None) => None,
        });
        match source {
            IdentitySource::Authorizer => attested,
            IdentitySource::PlainTokens => attested.or_else(|| {
                bearer(headers)
                    .and_then(plain_token_claims)
                    .map(|claims| Self::from_claims(&claims))
            }),
        }
        .ok_or(Problem::Unauthenticated)
    }

    /// A token that names a customer is that customer's, whatever scopes it carries besides: of two readings
    /// the one that allows less. One that names a customer badly, or does not say whose it is, allows nothing.
    fn from_claims(claims: &Claims) -> Self {
        let claim = |name| {
            claims
                .get(name)
                .map(String::as_str)
                .filter(|value| !value.is_empty())
        };
        let has_scope =
            |scope| claim("scope").is_some_and(|scopes| scopes.split_whitespace().any(|one| one == scope));
        let Some(subject) = claim("sub").or(claim("client_id")) else {
            return Self {
                role: Role::Stranger,
                subject: String::new(),
            };
        };
        let role = match claim("customer_id").map(CustomerId::parse) {
            Some(Ok(id)) => Role::Customer(id),
            Some(Err(_)) => Role::Stranger,
            None if has_scope("customers/write") => Role::Operator,
            None if has_scope("customers/read") => Role::Reader,
            None => Role::Stranger,
        };
        Self {
            role,
            subject: subject.to_owned(),
        }
    }

    fn from_iam(arn: &str) -> Self {
        Self {
            role: Role::Operator,
            subject: arn.to_owned(),
        }
    }

    /// Who this is among all callers, for what belongs to one caller alone.
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

    /// Creating, deleting and restoring customers is for operators.
    ///
    /// # Errors
    /// [`Problem::Forbidden`]
    pub fn must_be_operator(&self) -> Result<(), Problem> {
        match self.role {
            Role::Operator => Ok(()),
            _ => Err(Problem::Forbidden("this takes the scope customers/write")),
        }
    }

    /// Seeing all customers is for operators and readers.
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

    /// Seeing one customer is for operators, readers, and that customer; for another there is no such customer.
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

    /// Updating a customer is for operators and that customer; for another there is no such customer.
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

    /// A customer cannot change what only operators decide: its username and its permissions.
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

    /// Listing the permissions is for every caller who has any right here.
    ///
    /// # Errors
    /// [`Problem::Forbidden`]
    pub fn must_be_known(&self) -> Result<(), Problem> {
        match self.role {
            Role::Stranger => Err(Problem::Forbidden("this takes a scope or a customer's token")),
            _ => Ok(()),
        }
    }

    /// Whether this caller sees secrets in clear: who may write a record they see may, others see a mask.
    pub fn sees_secrets(&self) -> bool {
        matches!(self.role, Role::Operator | Role::Customer(_))
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The claims that a plain token stands for on a developer's machine: `operator`, `reader` or `customer:<uuid>`.
/// Nothing deployed takes one.
pub fn plain_token_claims(token: &str) -> Option<Claims> {
    let (name, value) = match token {
        "operator" => ("scope", "customers/read customers/write"),
        "reader" => ("scope", "customers/read"),
        _ => (
            "customer_id",
            token
                .strip_prefix("customer:")
                .filter(|id| CustomerId::parse(id).is_ok())?,
        ),
    };
    Some(Claims::from([
        ("sub".to_owned(), token.to_owned()),
        (name.to_owned(), value.to_owned()),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "5e4a0680-804e-11ec-8477-2fea5968d85b";
    const OTHER: &str = "0198c2a4-5d00-7000-8000-6f1a52c0b7d1";

    fn caller(claims: &[(&str, &str)]) -> Caller {
        let claims = claims.iter().chain(&[("sub", "somebody")]);
        Caller::from_claims(
            &claims
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    fn id(text: &str) -> CustomerId {
        CustomerId::parse(text).unwrap()
    }

    #[test]
    fn scopes_and_claims_make_the_role() {
        for (claims, kind) in [
            (&[("scope", "customers/write")][..], "operator"),
            (&[("scope", "openid customers/read  customers/write")], "operator"),
            (&[("scope", "customers/read")], "reader"),
            (&[("customer_id", OWN)], "customer"),
            (&[("scope", "customers/writer")], "stranger"),
            (&[("scope", "xcustomers/write")], "stranger"),
            (&[("scope", "")], "stranger"),
            (&[], "stranger"),
        ] {
            assert_eq!(caller(claims).kind(), kind, "{claims:?}");
        }
    }

    #[test]
    fn a_customers_token_never_counts_as_more_than_that_customer() {
        assert_eq!(
            caller(&[("customer_id", OWN), ("scope", "customers/write")]).kind(),
            "customer"
        );
        assert_eq!(
            caller(&[("customer_id", "x"), ("scope", "customers/write")]).kind(),
            "stranger"
        );
    }

    #[test]
    fn a_token_that_does_not_say_whose_it_is_allows_nothing() {
        let claims = Claims::from([("scope".to_owned(), "customers/write".to_owned())]);
        assert_eq!(Caller::from_claims(&claims).kind(), "stranger");
        let client = Claims::from([
            ("scope".to_owned(), "customers/write".to_owned()),
            ("client_id".to_owned(), "machine".to_owned()),
        ]);
        assert_eq!(
            (
                Caller::from_claims(&client).kind(),
                Caller::from_claims(&client).subject()
            ),
            ("operator", "machine")
        );
    }

    #[test]
    fn without_an_authorizers_context_there_is_no_caller_whatever_the_headers_say() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, "Bearer operator".parse().unwrap());
        for context in [None, Some(&Authorizer::default())] {
            let caller = Caller::identify(IdentitySource::Authorizer, context, &headers);
            assert!(matches!(caller, Err(Problem::Unauthenticated)));
        }
    }

    #[test]
    fn plain_tokens_count_only_where_they_are_the_source() {
        for (token, kind) in [
            ("Bearer operator", Some("operator")),
            ("bearer reader", Some("reader")),
            (
                "Bearer customer:5e4a0680-804e-11ec-8477-2fea5968d85b",
                Some("customer"),
            ),
            ("Bearer customer:", None),
            ("Bearer customer:x", None),
            ("Bearer admin", None),
            ("Basic operator", None),
            ("operator", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, token.parse().unwrap());
            let caller = Caller::identify(IdentitySource::PlainTokens, None, &headers).ok();
            assert_eq!(caller.as_ref().map(Caller::kind), kind, "{token}");
        }
        assert!(Caller::identify(IdentitySource::PlainTokens, None, &HeaderMap::new()).is_err());
    }

    #[test]
    fn an_iam_identity_is_an_operator() {
        let context: Authorizer =
            serde_json::from_str(r#"{"iam":{"userArn":"arn:aws:sts::123456789012:assumed-role/ops/me"}}"#)
                .unwrap();
        let caller = Caller::identify(IdentitySource::Authorizer, Some(&context), &HeaderMap::new()).unwrap();
        assert_eq!(caller.kind(), "operator");
        let nobody: Authorizer = serde_json::from_str(r#"{"iam":{"userArn":""}}"#).unwrap();
        assert!(Caller::identify(IdentitySource::Authorizer, Some(&nobody), &HeaderMap::new()).is_err());
    }

    #[test]
    fn who_may_do_what_is_the_table_of_the_contract() {
        let callers = [
            caller(&[("scope", "customers/write")]),
            caller(&[("scope", "customers/read")]),
            caller(&[("customer_id", OWN)]),
            caller(&[]),
        ];
        let status =
            |answer: Result<(), Problem>| answer.map_or_else(|problem| problem.status().as_u16(), |()| 200);
        let username = CustomerPatch::from_json(br#"{"username":"a"}"#).unwrap();
        let permissions = CustomerPatch::from_json(br#"{"permission_ids":[]}"#).unwrap();
        let name = CustomerPatch::from_json(br#"{"name":"a"}"#).unwrap();
        type Act<'a> = &'a dyn Fn(&Caller) -> Result<(), Problem>;
        let table: [(&str, Act<'_>, [u16; 4]); 9] = [
            (
                "create, delete, restore",
                &|caller| caller.must_be_operator(),
                [200, 403, 403, 403],
            ),
            ("list", &|caller| caller.must_read_all(), [200, 200, 403, 403]),
            (
                "get own",
                &|caller| caller.must_read(id(OWN)),
                [200, 200, 200, 403],
            ),
            (
                "get other",
                &|caller| caller.must_read(id(OTHER)),
                [200, 200, 404, 403],
            ),
            (
                "update own",
                &|caller| caller.must_update(id(OWN)),
                [200, 403, 200, 403],
            ),
            (
                "update other",
                &|caller| caller.must_update(id(OTHER)),
                [200, 403, 404, 403],
            ),
            (
                "change username",
                &|caller| caller.must_be_allowed(&username),
                [200, 403, 403, 403],
            ),
            (
                "change permissions",
                &|caller| caller.must_be_allowed(&permissions),
                [200, 403, 403, 403],
            ),
            (
                "permissions",
                &|caller| caller.must_be_known(),
                [200, 200, 200, 403],
            ),
        ];
        for (act, allowed, expected) in table {
            let statuses: Vec<_> = callers.iter().map(|caller| status(allowed(caller))).collect();
            assert_eq!(statuses, expected, "{act}");
        }
        assert!(callers.iter().all(|caller| caller.must_be_allowed(&name).is_ok()));
        assert_eq!(
            callers.map(|caller| caller.sees_secrets()),
            [true, false, true, false]
        );
    }
}
