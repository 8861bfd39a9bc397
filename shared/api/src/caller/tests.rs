use serde_json::{Value, json};

use super::*;

const OWN: &str = "5e4a0680-804e-11ec-8477-2fea5968d85b";
const OTHER: &str = "0198c2a4-5d00-7000-8000-6f1a52c0b7d1";

/// The caller with these claims and a subject.
fn caller(claims: Value) -> Caller {
    let mut all = json!({"sub": "somebody"});
    for (name, value) in claims.as_object().unwrap() {
        all[name] = value.clone();
    }
    Caller::from_claims(&serde_json::from_value(all).unwrap())
}

fn id(text: &str) -> CustomerId {
    CustomerId::parse(text).unwrap()
}

#[test]
fn the_role_depends_on_scopes_and_the_customer_id() {
    for (claims, kind) in [
        (json!({"scope": "customers/write"}), "operator"),
        (
            json!({"scope": "openid customers/read  customers/write"}),
            "operator",
        ),
        (json!({"scope": "customers/read"}), "reader"),
        (json!({"customer_id": OWN}), "customer"),
        (json!({"scope": "customers/writer"}), "stranger"),
        (json!({"scope": "xcustomers/write"}), "stranger"),
        (json!({"scope": ""}), "stranger"),
        (json!({}), "stranger"),
    ] {
        assert_eq!(caller(claims.clone()).kind(), kind, "{claims}");
    }
}

#[test]
fn scopes_are_read_from_scope_and_scp_as_a_text_or_a_list() {
    for name in ["scope", "scp"] {
        for (scopes, kind) in [
            ("openid customers/write", "operator"),
            ("[openid customers/write]", "operator"),
            ("[customers/write]", "operator"),
            ("[customers/read openid]", "reader"),
            ("[]", "stranger"),
            ("[customers/write", "stranger"),
        ] {
            assert_eq!(caller(json!({name: scopes})).kind(), kind, "{name} {scopes}");
        }
    }
    let both = json!({"scope": "customers/read", "scp": "[customers/write]"});
    assert_eq!(caller(both).kind(), "operator");
}

#[test]
fn a_token_with_a_customer_id_never_makes_an_operator() {
    for (customer_id, kind) in [
        (json!(OWN), "customer"),
        (json!(""), "stranger"),
        (json!(" "), "stranger"),
        (json!("x"), "stranger"),
        (json!(null), "stranger"),
        (json!(7), "stranger"),
        (json!([OWN]), "stranger"),
    ] {
        let claims = json!({"customer_id": customer_id, "scope": "customers/write"});
        assert_eq!(caller(claims.clone()).kind(), kind, "{claims}");
    }
}

#[test]
fn other_claims_may_have_any_value() {
    let claims = json!({
        "scope": "customers/write", "auth_time": 1, "email_verified": true, "groups": ["a"], "address": {}, "nonce": null,
    });
    assert_eq!(caller(claims).kind(), "operator");
    assert_eq!(caller(json!({"scope": 1, "scp": true})).kind(), "stranger");
}

#[test]
fn a_token_without_a_subject_allows_nothing() {
    for claims in [
        json!({"scope": "customers/write"}),
        json!({"scope": "customers/write", "sub": ""}),
        json!({"customer_id": OWN, "sub": 1}),
    ] {
        let claims: Claims = serde_json::from_value(claims).unwrap();
        assert_eq!(Caller::from_claims(&claims).kind(), "stranger");
    }
    let client = json!({"scope": "customers/write", "client_id": "machine"});
    let client = Caller::from_claims(&serde_json::from_value(client).unwrap());
    assert_eq!((client.kind(), client.subject()), ("operator", "machine"));
}

#[test]
fn a_header_without_verified_claims_makes_no_caller() {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, "Bearer operator".parse().unwrap());
    let caller = Caller::identify(IdentitySource::Authorizer, None, &headers);
    assert!(matches!(caller, Err(Problem::Unauthenticated)));
}

#[test]
fn only_valid_plain_tokens_make_a_caller() {
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
fn each_caller_may_do_what_the_contract_allows_and_no_more() {
    let callers = [
        caller(json!({"scope": "customers/write"})),
        caller(json!({"scope": "customers/read"})),
        caller(json!({"customer_id": OWN})),
        caller(json!({})),
    ];
    let status =
        |answer: Result<(), Problem>| answer.map_or_else(|problem| problem.status().as_u16(), |()| 200);
    let username = CustomerPatch::from_json(br#"{"username":"a"}"#).unwrap();
    let permissions = CustomerPatch::from_json(br#"{"permission_ids":[]}"#).unwrap();
    let name = CustomerPatch::from_json(br#"{"name":"a"}"#).unwrap();
    type Act<'a> = &'a dyn Fn(&Caller) -> Result<(), Problem>;
    let table: [(&str, Act<'_>, [u16; 4]); 9] = [
        (
            "create, delete, restore, erase",
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
        callers.each_ref().map(Caller::sees_secrets),
        [true, false, true, false]
    );
    assert_eq!(
        callers.each_ref().map(Caller::sees_subjects),
        [true, false, false, false]
    );
}
