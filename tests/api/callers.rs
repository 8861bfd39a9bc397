//! Who may do what, for every operation of the contract.

use serde_json::{Value, json};
use tests::contract::Contract;
use tests::{OPERATOR, READER, TestApp, customer_token, path_of};

/// What each kind of caller gets: operator, reader, the customer itself, another customer, nobody.
const STATUSES: [(&str, [u16; 5]); 8] = [
    ("createCustomer", [201, 403, 403, 403, 401]),
    ("listCustomers", [200, 200, 403, 403, 401]),
    ("getCustomer", [200, 200, 200, 404, 401]),
    ("putCustomer", [200, 403, 200, 404, 401]),
    ("updateCustomer", [200, 403, 200, 404, 401]),
    ("deleteCustomer", [200, 403, 403, 403, 401]),
    ("restoreCustomer", [200, 403, 403, 403, 401]),
    ("listPermissions", [200, 200, 200, 200, 401]),
];

#[tokio::test]
async fn every_operation_of_the_contract_lets_in_just_who_may() {
    let app = TestApp::start().await;
    for (method, pattern, operation) in Contract::get().operations() {
        let name = operation["operationId"].as_str().unwrap();
        let row = STATUSES.iter().find(|(known, _)| *known == name);
        let (_, expected) = row.unwrap_or_else(|| panic!("no one has said who may {name}"));

        let mut statuses = Vec::new();
        for kind in 0..expected.len() {
            let own = app.create(&format!("own-{name}-{kind}")).await;
            let other = app.create(&format!("other-{name}-{kind}")).await;
            if name == "restoreCustomer" {
                app.delete(&own).await;
            }
            let tokens = [
                OPERATOR.into(),
                READER.into(),
                customer_token(&own),
                customer_token(&other),
                String::new(),
            ];
            let path = pattern.replace("{id}", own["id"].as_str().unwrap());
            let call = app.call_as(&tokens[kind], &method, &path);
            let call = match name {
                "createCustomer" => call.json(json!({"username": format!("new-{name}-{kind}")})),
                "putCustomer" | "updateCustomer" => call.json(json!({"name": "new"})),
                _ => call,
            };
            statuses.push(call.send().await.status);
        }
        assert_eq!(statuses, expected, "{name}");
    }
}

#[tokio::test]
async fn only_an_operator_changes_a_username_or_permissions() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    for (token, expected) in [
        (OPERATOR.to_owned(), 200),
        (READER.to_owned(), 403),
        (customer_token(&anna), 403),
    ] {
        for change in [
            json!({"username": "anna"}),
            json!({"permission_ids": []}),
            json!({"permission_ids": null}),
        ] {
            let answer = app
                .call_as(&token, "PATCH", &path_of(&anna))
                .json(change.clone())
                .send()
                .await;
            assert_eq!(answer.status, expected, "{token} {change}");
        }
    }
}

#[tokio::test]
async fn what_a_caller_may_do_is_decided_before_the_body_is_looked_at() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    for (token, method, path, status) in [
        ("", "POST", "/customers".to_owned(), 401),
        (READER, "POST", "/customers".to_owned(), 403),
        (READER, "PATCH", path_of(&anna), 403),
        (
            "customer:5e4a0680-804e-11ec-8477-2fea5968d85b",
            "PUT",
            path_of(&anna),
            404,
        ),
    ] {
        let answer = app
            .call_as(token, method, &path)
            .body("no JSON at all")
            .send()
            .await;
        assert_eq!(answer.status, status, "{token} {method} {path}");
    }
}

#[tokio::test]
async fn anything_but_the_plain_tokens_is_nobody() {
    let app = TestApp::start().await;
    for token in [
        "admin",
        "Operator",
        "customer:",
        "customer:7",
        "operator reader",
        "eyJhbGciOiJub25lIn0.e30.",
    ] {
        let answer = app.call_as(token, "GET", "/permissions").send().await;
        assert_eq!(
            (answer.status, answer.code()),
            (401, "unauthenticated"),
            "{token}"
        );
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn a_header_that_plays_the_authorizer_is_ignored() {
    let app = TestApp::start().await;
    for (name, value) in [
        (
            "x-amzn-request-context",
            r#"{"authorizer":{"jwt":{"claims":{"scope":"customers/write"}}}}"#,
        ),
        ("x-apigateway-event", "{}"),
        ("authorization", "Basic b3BlcmF0b3I6"),
        ("x-customer-id", "5e4a0680-804e-11ec-8477-2fea5968d85b"),
    ] {
        let answer = app
            .call_as("", "GET", "/customers")
            .header(name, value)
            .send()
            .await;
        assert_eq!(answer.status, 401, "{name}");
    }
}

#[tokio::test]
async fn secrets_are_shown_in_clear_only_to_who_may_write_them() {
    let app = TestApp::start().await;
    let new = json!({"username": "anna", "line_secret": "made-up-secret", "line_token": "made-up-token"});
    let anna = app.post(new).await.body;
    app.create("berta").await;
    let secrets = |customer: &Value| {
        (
            customer["line_secret"].as_str().unwrap().to_owned(),
            customer["line_token"].as_str().unwrap().to_owned(),
        )
    };
    let clear = ("made-up-secret".to_owned(), "made-up-token".to_owned());
    let masked = ("********".to_owned(), "********".to_owned());

    for (token, expected) in [
        (OPERATOR, &clear),
        (READER, &masked),
        (&customer_token(&anna), &clear),
    ] {
        let answer = app.call_as(token, "GET", &path_of(&anna)).send().await;
        assert_eq!(&secrets(&answer.body), expected, "{token}");
    }
    for (token, expected) in [(OPERATOR, &clear), (READER, &masked)] {
        let list = app.call_as(token, "GET", "/customers").send().await;
        assert_eq!(&secrets(&list.result()[1]), expected, "{token}");
        assert_eq!(
            secrets(&list.result()[0]),
            (String::new(), String::new()),
            "what is unset is not masked"
        );
        let found = app.call_as(token, "GET", "/customers?username=anna").send().await;
        assert_eq!(&secrets(&found.result()[0]), expected, "{token}");
    }
    let own = app
        .call_as(&customer_token(&anna), "PATCH", &path_of(&anna))
        .json(json!({"name": "A"}))
        .send()
        .await;
    assert_eq!(secrets(&own.body), clear);
    let copied = app.patch(&anna, json!({"line_secret": "********"})).await;
    assert_eq!(
        copied.faults(),
        ["/line_secret not_allowed"],
        "a mask is never stored over a secret"
    );
}
