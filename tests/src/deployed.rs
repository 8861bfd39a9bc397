//! What the template deploys, read as a tree.

use std::collections::{BTreeMap, BTreeSet};

use local::template::{DEFAULT_PATH, Template};
use serde_json::Value;

/// The template that comes with this source.
///
/// # Panics
/// If it cannot be read.
pub fn template() -> Template {
    Template::read(DEFAULT_PATH.as_ref()).expect("a template")
}

/// The resources of a type, by their logical ids.
///
/// # Panics
/// If the template has no resources.
pub fn resources(kind: &str) -> BTreeMap<String, Value> {
    let document = template().document;
    let resources = document["Resources"].as_object().expect("resources").clone();
    resources
        .into_iter()
        .filter(|(_, resource)| resource["Type"] == kind)
        .collect()
}

/// The functions' logical ids.
pub fn functions() -> BTreeSet<String> {
    resources("AWS::Serverless::Function").into_keys().collect()
}

/// Every logical id that a value refers to by Ref or GetAtt.
pub fn references(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value) {
                ("Ref", Value::String(id)) => BTreeSet::from([id.clone()]),
                ("Fn::GetAtt", Value::Array(parts)) => parts
                    .first()
                    .and_then(Value::as_str)
                    .map(str::to_owned)
                    .into_iter()
                    .collect(),
                _ => references(value),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(references).collect(),
        _ => BTreeSet::new(),
    }
}
