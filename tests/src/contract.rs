//! `openapi.yaml`, and whether requests and answers keep to it.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::answer::Answer;

/// What stands before the functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gateway {
    /// The gateway of `local`, which never answers 401 itself.
    Local,
    /// API Gateway, which has a message of its own for a caller whom it does not let in.
    Aws,
}

/// The contract.
pub struct Contract {
    /// The document.
    pub document: Value,
    validators: Mutex<HashMap<String, &'static Validator>>,
}

impl Contract {
    /// The checked-in contract, read once.
    pub fn get() -> &'static Self {
        static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract {
            document: serde_yaml_ng::from_str(&crate::read("openapi.yaml")).expect("openapi.yaml is YAML"),
            validators: Mutex::default(),
        });
        &CONTRACT
    }

    /// Every operation: method, path with parameters in braces, and its description.
    pub fn operations(&self) -> Vec<(String, &str, &Value)> {
        let paths = self.document["paths"].as_object().expect("paths");
        paths
            .iter()
            .flat_map(|(path, item)| {
                let methods = item.as_object().expect("a path item");
                methods
                    .iter()
                    .filter(|(method, _)| {
                        ["get", "post", "put", "patch", "delete"].contains(&method.as_str())
                    })
                    .map(move |(method, operation)| (method.to_uppercase(), path.as_str(), operation))
            })
            .collect()
    }

    /// # Panics
    /// If an accepted request, or its answer, is not as the contract says.
    pub fn check(&self, gateway: Gateway, method: &str, target: &str, body: Option<&[u8]>, answer: &Answer) {
        let refused_by_aws = gateway == Gateway::Aws && answer.header("content-type") == "application/json";
        let path = target.split('?').next().unwrap_or_default();
        let operation = self
            .operations()
            .into_iter()
            .find(|(known, pattern, _)| known == method && is_path_of(path, pattern))
            .map(|(_, _, operation)| operation);
        let Some(operation) = operation else {
            let code = match answer.status {
                401 if refused_by_aws => return,
                401 => "unauthenticated",
                404 => "unknown_route",
                405 => "method_not_allowed",
                _ => panic!("{method} {path} is no operation: {answer:?}"),
            };
            assert_eq!(answer.code(), code, "{method} {path}");
            self.validate("#/components/schemas/Problem", &answer.body);
            return;
        };
        let response = self.resolve(&operation["responses"][answer.status.to_string()]);
        assert!(
            !response.is_null(),
            "{method} {path} documents no {}: {answer:?}",
            answer.status
        );

        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let required = self.resolve(header)["required"] == json!(true);
            assert!(
                !required || answer.headers.contains_key(name),
                "{method} {path} lacks {name}: {answer:?}"
            );
        }
        let content_type = answer.header("content-type");
        match response["content"].as_object() {
            None => assert!(answer.body.is_null(), "{method} {path} has a body: {answer:?}"),
            Some(content) => {
                let media = content.get(content_type);
                let media = media
                    .unwrap_or_else(|| panic!("{method} {path} documents no {content_type}: {answer:?}"));
                self.validate_schema(&media["schema"], &answer.body);
            }
        }
        // Where API Gateway may answer too, the schema allows its message.
        if answer.status >= 400 && !refused_by_aws {
            assert_eq!(content_type, "application/problem+json", "{method} {path}");
            self.validate("#/components/schemas/Problem", &answer.body);
        }
        let request = self.resolve(&operation["requestBody"]);
        if let (200..300, Some(body)) = (answer.status, body)
            && let schema @ Value::Object(_) = &request["content"]["application/json"]["schema"]
        {
            self.validate_schema(
                schema,
                &serde_json::from_slice(body).expect("an accepted body is JSON"),
            );
        }
    }

    /// What `value` refers to, or itself.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => {
                let pointer = reference.strip_prefix('#').expect("a local reference");
                self.document
                    .pointer(pointer)
                    .unwrap_or_else(|| panic!("{reference} leads nowhere"))
            }
            None => value,
        }
    }

    fn validate(&self, reference: &str, instance: &Value) {
        self.validate_schema(&json!({"$ref": reference}), instance);
    }

    /// # Panics
    /// If `instance` is not as `schema`, a part of the contract, says.
    pub fn validate_schema(&self, schema: &Value, instance: &Value) {
        let validator = self.validator(schema);
        let errors: Vec<_> = validator
            .iter_errors(instance)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "the contract forbids {instance}: {errors:?}");
    }

    fn validator(&self, schema: &Value) -> &'static Validator {
        let mut validators = self.validators.lock().expect("no test panics in here");
        validators.entry(schema.to_string()).or_insert_with(|| {
            let mut whole = schema.clone();
            whole["components"] = self.document["components"].clone();
            let validator = jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .should_validate_formats(true)
                .build(&whole);
            Box::leak(Box::new(
                validator.unwrap_or_else(|error| panic!("{schema} is no schema: {error}")),
            ))
        })
    }
}

fn is_path_of(path: &str, pattern: &str) -> bool {
    path.split('/').count() == pattern.split('/').count()
        && path
            .split('/')
            .zip(pattern.split('/'))
            .all(|(part, wanted)| wanted.starts_with('{') || part == wanted)
}
