//! Who may do what, for every operation of the contract.

use serde_json::{Value, json};
use tests::contract::Contract;
use tests::{Api, OPERATOR, READER, customer_token, pages, path_of};

/// What each kind of caller gets: operator, reader, the customer itself, another customer, nobody.
const STATUSES: [(&str, [u16; 5]); 14] = [
    ("createCustomer", [201, 403, 403, 403, 401]),
    ("listCustomers", [200, 200, 403, 403, 401]),
    ("getCustomer", [200, 200, 200, 404, 401]),
    ("putCustomer", [200, 403, 200, 404, 401]),
    ("updateCustomer", [200, 403, 200, 404, 401]),
    ("deleteCustomer", [200, 403, 403, 403, 401]),
    ("restoreCustomer", [200, 403, 403, 403, 401]),
    ("eraseCustomer", [200, 403, 403, 403, 401]),
    ("listEvents", [200, 200, 200, 404, 401]),
    ("redeliverEvent", [202, 403, 202, 404, 401]),
    ("getWebhook", [200, 200, 200, 404, 401]),
    ("rotateWebhookSecret", [200, 403, 200, 404, 401]),
    ("testWebhook", [202, 403, 202, 404, 401]),
    ("listPermissions", [200, 200, 200, 200, 401]),
];

#[tokio::test]
async fn every_operation_of_the_contract_lets_in_just_who_may() {
    let api = Api::start().await;
    for (method, pattern, operation) in Contract::get().operations() {
        let name = operation["operationId"].as_str().unwrap();
        let row = STATUSES.iter().find(|(known, _)| *known == name);
        let (_, expected) = row.unwrap_or_else(|| panic!("this test does not say who may {name}"));

        for (kind, status) in expected.iter().enumerate() {
            let own = api.create_unique(&format!("own-{name}-{kind}")).await;
            let other = api.create_unique(&format!("other-{name}-{kind}")).await;
            if name == "restoreCustomer" || name == "eraseCustomer" {
                api.delete(&own).await;
            }
            if name == "testWebhook" || name == "redeliverEvent" {
                let webhook_uri = "https://no-such-host.invalid/";
                api.patch(&own, json!({"webhook_uri": webhook_uri})).await;
                api.events(&own, 2).await;
            }
            let token = match kind {
                0 => OPERATOR.into(),
                1 => READER.into(),
                2 => customer_token(&own),
                3 => customer_token(&other),
                _ => String::new(),
            };
            if !api.lets_in(&token) {
                continue;
            }
            let path = pattern.replace("{id}", tests::id(&own));
            let path = path.replace("{event}", &format!("{}.1", tests::id(&own)));
            let call = api.call_as(&token, &method, &path);
            let call = match name {
                "createCustomer" => call.json(json!({"username": api.unique(&format!("new-{kind}"))})),
                "putCustomer" | "updateCustomer" => call.json(json!({"name": "new"})),
                "eraseCustomer" => call.header("if-match", "\"2\""),
                _ => call,
            };
            assert_eq!(call.send().await.status, *status, "{name} by {token}");
        }
    }
}

#[tokio::test]
async fn only_an_operator_changes_a_username_or_permissions() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    for (token, expected) in [
        (OPERATOR.to_owned(), 200),
        (READER.to_owned(), 403),
        (customer_token(&anna), 403),
    ] {
        if !api.lets_in(&token) {
            continue;
        }
        for change in [
            json!({"username": anna["username"]}),
            json!({"permission_ids": []}),
            json!({"permission_ids": null}),
        ] {
            let answer = api
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
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
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
        if !api.lets_in(token) {
            continue;
        }
        let answer = api
            .call_as(token, method, &path)
            .body("no JSON at all")
            .send()
            .await;
        assert_eq!(answer.status, status, "{token} {method} {path}");
    }
}

#[tokio::test]
async fn a_token_that_was_made_up_or_changed_lets_nobody_in() {
    let api = Api::start().await;
    let real = api.token(OPERATOR).unwrap();
    let without_its_end = &real[..real.len() - 4];
    for token in [
        "admin",
        "customer:7",
        // {"alg":"none"} and {}, unsigned.
        "eyJhbGciOiJub25lIn0.e30.",
        without_its_end,
        &format!("x{real}"),
    ] {
        let answer = api.call_with(token, "GET", "/permissions").send().await;
        assert_eq!(answer.status, 401, "{token}");
    }
}

#[tokio::test]
async fn a_header_that_plays_the_authorizer_is_ignored() {
    let api = Api::start().await;
    for (name, value) in [
        (
            "x-amzn-request-context",
            r#"{"authorizer":{"jwt":{"claims":{"scope":"customers/write"}}}}"#,
        ),
        ("x-apigateway-event", "{}"),
        ("authorization", "Basic b3BlcmF0b3I6"),
        ("x-customer-id", "5e4a0680-804e-11ec-8477-2fea5968d85b"),
    ] {
        let answer = api
            .call_as("", "GET", "/customers")
            .header(name, value)
            .send()
            .await;
        assert_eq!(answer.status, 401, "{name}");
    }
}

const CLEAR: [&str; 2] = ["made-up-secret", "made-up-token"];
const MASKED: [&str; 2] = ["********", "********"];

fn secrets(customer: &Value) -> [&str; 2] {
    ["line_secret", "line_token"].map(|field| customer[field].as_str().unwrap())
}

/// A customer with both secrets.
async fn with_secrets(api: &Api) -> Value {
    let [line_secret, line_token] = CLEAR;
    let username = api.unique("anna");
    let new = json!({"username": username, "line_secret": line_secret, "line_token": line_token});
    api.post(new).await.body
}

#[tokio::test]
async fn secrets_are_shown_in_clear_only_to_who_may_write_them() {
    let api = Api::start().await;
    let anna = with_secrets(&api).await;
    let own = customer_token(&anna);
    for (token, expected) in [(OPERATOR, CLEAR), (READER, MASKED), (&own, CLEAR)] {
        if api.lets_in(token) {
            let answer = api.call_as(token, "GET", &path_of(&anna)).send().await;
            assert_eq!(secrets(&answer.body), expected, "{token}");
        }
    }
    if api.lets_in(&own) {
        let call = api.call_as(&own, "PATCH", &path_of(&anna));
        let answer = call.json(json!({"name": "A"})).send().await;
        assert_eq!(secrets(&answer.body), CLEAR);
    }
    let copied = api.patch(&anna, json!({"line_secret": "********"})).await;
    assert_eq!(
        copied.faults(),
        ["/line_secret not_allowed"],
        "a mask is never stored over a secret"
    );
}

#[tokio::test]
async fn lists_mask_secrets_that_are_set_for_a_reader() {
    let api = Api::start().await;
    let everyone = [with_secrets(&api).await, api.create_unique("berta").await];
    api.wait_for_index().await;
    let path = format!(
        "/customers?username={}",
        everyone[0]["username"].as_str().unwrap()
    );
    for (token, expected) in [(OPERATOR, CLEAR), (READER, MASKED)] {
        let listed = pages::own_as(&api, token, "page_size=100", &everyone).await;
        assert_eq!(secrets(&listed[1]), expected, "{token}");
        assert_eq!(secrets(&listed[0]), ["", ""], "what is unset is not masked");
        let found = api.call_as(token, "GET", &path).send().await;
        assert_eq!(secrets(&found.result()[0]), expected, "{token}");
    }
}
