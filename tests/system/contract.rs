//! `openapi.yaml` itself.

use serde_json::{Value, json};
use tests::contract::Contract;

#[test]
fn every_example_in_the_contract_is_valid() {
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
fn every_operation_needs_a_token_and_documents_401_and_403() {
    for (method, path, operation) in Contract::get().operations() {
        for status in ["401", "403"] {
            assert!(
                !operation["responses"][status].is_null(),
                "{method} {path} documents no {status}"
            );
        }
        assert!(operation["operationId"].is_string(), "{method} {path}");
        assert_ne!(operation["security"], json!([]), "{method} {path} needs no token");
    }
}

#[test]
fn the_permission_page_example_equals_the_catalogue() {
    let mut catalogue: Value =
        serde_json::from_str(&tests::read("shared/customer/permissions.json")).unwrap();
    for permission in catalogue.as_array_mut().unwrap() {
        permission["tm_delete"] = json!("9999-01-01 00:00:00.000000");
    }
    let example = &Contract::get().document["components"]["examples"]["PermissionPage"]["value"];
    assert_eq!(example["result"], catalogue);
}

/// Clients that are generated today must accept permissions that are added later.
#[test]
fn the_contract_accepts_any_permission_uuid_and_the_fuzzer_knows_the_existing_ones() {
    let contract = Contract::get();
    for schema in ["NewCustomer", "CustomerPatch"] {
        let ids = &contract.document["components"]["schemas"][schema]["properties"]["permission_ids"];
        contract.validate_schema(ids, &json!([uuid::Uuid::now_v7().to_string()]));
    }
    let fuzzer = tests::read("tests/gates/schemathesis.toml");
    for permission in customer::catalogue() {
        let id = format!("\"{}\"", permission.id);
        assert!(fuzzer.contains(&id), "tests/gates/schemathesis.toml lacks {id}");
    }
}

#[test]
fn every_problem_code_is_in_the_contract_and_in_the_documentation() {
    let source = tests::read("shared/api/src/problem.rs");
    let kinds = source
        .split("StatusCode::")
        .skip(1)
        .filter_map(|kind| kind.split('"').nth(1));
    let codes: std::collections::BTreeSet<_> = kinds.collect();
    assert!(codes.len() > 10, "{codes:?}");
    let schemas = &Contract::get().document["components"]["schemas"];
    let in_contract: std::collections::BTreeSet<_> = schemas["ProblemCode"]["examples"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(in_contract, codes);
    let documentation = tests::read("docs/api.md");
    for code in codes {
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
