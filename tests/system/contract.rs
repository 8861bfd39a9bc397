//! `openapi.yaml` itself.

use serde_json::{Value, json};
use tests::contract::Contract;

#[test]
fn every_example_is_valid() {
    let contract = Contract::get();
    let mut examples = 0;
    let mut check = |holder: &Value, schema: &Value| {
        let single = holder["example"].as_object().map(|_| holder["example"].clone());
        let named = holder["examples"]
            .as_object()
            .into_iter()
            .flat_map(|all| all.values());
        for example in named
            .map(|named| contract.resolve(named)["value"].clone())
            .chain(single)
        {
            contract.validate_schema(schema, &example);
            examples += 1;
        }
    };
    for (_, _, operation) in contract.operations() {
        let responses = operation["responses"].as_object().unwrap().values();
        let bodies = responses
            .chain([&operation["requestBody"]])
            .map(|body| contract.resolve(body));
        for media in bodies.flat_map(|body| {
            body["content"]
                .as_object()
                .into_iter()
                .flat_map(|all| all.values())
        }) {
            check(media, &media["schema"]);
        }
    }
    assert!(examples > 20, "only {examples} examples were found");
}

#[test]
fn every_operation_says_what_happens_without_a_caller() {
    for (method, path, operation) in Contract::get().operations() {
        for status in ["401", "403"] {
            assert!(
                !operation["responses"][status].is_null(),
                "{method} {path} documents no {status}"
            );
        }
        assert!(operation["operationId"].is_string(), "{method} {path}");
        assert_ne!(
            operation["security"],
            json!([]),
            "{method} {path} is open to everybody"
        );
    }
}

#[test]
fn the_contract_knows_the_permission_catalogue() {
    let contract = Contract::get();
    let known = &contract.document["components"]["schemas"]["NewCustomer"]["properties"]["permission_ids"];
    let known = contract.resolve(&contract.resolve(known)["items"])["enum"].clone();
    let ids: Vec<_> = shared::permission::catalogue()
        .iter()
        .map(|one| json!(one.id.to_string()))
        .collect();
    assert_eq!(known, Value::Array(ids));
}

#[test]
fn every_problem_code_is_in_the_contract_and_in_the_documentation() {
    let source = tests::read("shared/src/api/problem.rs");
    let kinds = source
        .split("StatusCode::")
        .skip(1)
        .filter_map(|kind| kind.split('"').nth(1));
    let codes: std::collections::BTreeSet<_> = kinds.collect();
    assert!(codes.len() > 10, "{codes:?}");
    let in_contract = Contract::get().document.to_string();
    let documentation = tests::read("docs/api.md");
    for code in codes {
        assert!(
            in_contract.contains(&format!("\"{code}\"")),
            "openapi.yaml lacks {code}"
        );
        assert!(
            documentation.contains(&format!("`{code}`")),
            "docs/api.md lacks {code}"
        );
        assert!(
            documentation.contains(&format!("\"code\": \"{code}\"")),
            "docs/api.md has no example of {code}"
        );
    }
}
