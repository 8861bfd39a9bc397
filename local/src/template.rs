//! `template.yaml`, as far as a local system needs it: which route calls which binary, and what the table is.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

/// The template that comes with this source.
pub const DEFAULT_PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");

/// A deployed system's description.
#[derive(Clone, Debug)]
pub struct Template {
    /// The whole document; CloudFormation's tags are in their long form, `!Ref A` as `{"Ref": "A"}`.
    pub document: Value,
    /// The functions in their order.
    pub functions: Vec<Function>,
}

/// A function and what calls it.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its logical id, such as `GetCustomer`.
    pub logical_id: String,
    /// Its binary, such as `get-customer`.
    pub binary: String,
    /// Its routes in their order.
    pub routes: Vec<Route>,
}

/// A route of the HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// A method, and a path with parameters in braces.
    Of {
        /// Such as `GET`.
        method: String,
        /// Such as `/customers/{id}`.
        path: String,
    },
    /// Whatever no other route fits: `$default`.
    Default,
}

impl Template {
    /// Reads the template at `path`.
    ///
    /// # Errors
    /// A sentence that says what is missing or wrong.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the template {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("the template {} is broken", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let document = plain(serde_yaml_ng::from_str(text)?)?;
        let resources = document
            .pointer("/Resources")
            .and_then(Value::as_object)
            .context("it has no Resources")?;
        let functions = resources
            .iter()
            .filter(|(_, resource)| resource.pointer("/Type") == Some(&json!("AWS::Serverless::Function")))
            .map(|(logical_id, resource)| Function::parse(logical_id, resource))
            .collect::<Result<Vec<_>>>()?;
        ensure!(!functions.is_empty(), "it has no functions");
        Ok(Self { document, functions })
    }

    /// The table's logical id and the body of a CreateTable request that makes it, without its stream: nothing reads
    /// that here, and the engine, which keeps all of it, looks through all of it before each write.
    ///
    /// # Errors
    /// A sentence if there is not just one table.
    pub fn table(&self) -> Result<(String, Value)> {
        let resources = self.document.pointer("/Resources").and_then(Value::as_object);
        let mut tables = resources
            .into_iter()
            .flatten()
            .filter(|(_, resource)| resource.pointer("/Type") == Some(&json!("AWS::DynamoDB::Table")));
        let (Some((logical_id, resource)), None) = (tables.next(), tables.next()) else {
            bail!("the template does not have just one AWS::DynamoDB::Table");
        };
        let mut request = Map::from_iter([("TableName".to_owned(), json!(logical_id))]);
        let properties = resource.pointer("/Properties").unwrap_or(&Value::Null);
        request.extend(members(
            properties,
            &["AttributeDefinitions", "KeySchema", "BillingMode"],
        ));
        // Without what only the cloud has, such as limits of its cost.
        let indexes = properties
            .pointer("/GlobalSecondaryIndexes")
            .and_then(Value::as_array);
        if let Some(indexes) = indexes {
            let shape = ["IndexName", "KeySchema", "Projection"];
            let indexes = indexes.iter().map(|index| members(index, &shape));
            request.insert("GlobalSecondaryIndexes".to_owned(), indexes.collect());
        }
        Ok((logical_id.clone(), Value::Object(request)))
    }

    /// The table's time-to-live attribute, if it has one.
    pub fn ttl_attribute(&self) -> Option<&str> {
        let (table, _) = self.table().ok()?;
        let pointer = format!("/Resources/{table}/Properties/TimeToLiveSpecification/AttributeName");
        self.document.pointer(&pointer)?.as_str()
    }
}

impl Function {
    fn parse(logical_id: &str, resource: &Value) -> Result<Self> {
        let binary = resource
            .pointer("/Metadata/BuildProperties/Binary")
            .and_then(Value::as_str)
            .with_context(|| format!("the function {logical_id} names no Metadata.BuildProperties.Binary"))?;
        let events = resource.pointer("/Properties/Events").and_then(Value::as_object);
        let routes = events
            .into_iter()
            .flat_map(Map::values)
            .filter(|event| event.pointer("/Type") == Some(&json!("HttpApi")))
            .map(
                |event| match (text(event, "/Properties/Method"), text(event, "/Properties/Path")) {
                    (Some(method), Some(path)) => Ok(Route::Of {
                        method: method.to_uppercase(),
                        path,
                    }),
                    (None, None) => Ok(Route::Default),
                    _ => bail!("an event of the function {logical_id} has only one of Method and Path"),
                },
            )
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            logical_id: logical_id.to_owned(),
            binary: binary.to_owned(),
            routes,
        })
    }
}

/// Those of an object's members that have one of `names`.
fn members(object: &Value, names: &[&str]) -> Map<String, Value> {
    let members = object.as_object().into_iter().flatten();
    members
        .filter(|(name, _)| names.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

/// YAML as JSON, with CloudFormation's tags in their long form.
fn plain(yaml: Yaml) -> Result<Value> {
    Ok(match yaml {
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let value = plain(tagged.value)?;
            match tag.trim_start_matches('!') {
                "Ref" => json!({"Ref": value}),
                "Condition" => json!({"Condition": value}),
                "GetAtt" => match value.as_str().and_then(|text| text.split_once('.')) {
                    Some((resource, attribute)) => json!({"Fn::GetAtt": [resource, attribute]}),
                    None => json!({"Fn::GetAtt": value}),
                },
                name => json!({format!("Fn::{name}"): value}),
            }
        }
        Yaml::Sequence(values) => Value::Array(values.into_iter().map(plain).collect::<Result<_>>()?),
        Yaml::Mapping(members) => Value::Object(
            members
                .into_iter()
                .map(|(key, value)| match key {
                    Yaml::String(key) => Ok((key, plain(value)?)),
                    key => bail!("the key {key:?} is no text"),
                })
                .collect::<Result<_>>()?,
        ),
        scalar => serde_json::to_value(scalar)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: &str = "
Resources:
  Get:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: get-customer}}
    Properties:
      Events:
        A: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: '/customers/{id}', Method: get}}
        B: {Type: HttpApi, Properties: {ApiId: !Ref Api}}
        C: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
";

    #[test]
    fn functions_have_the_routes_of_their_http_events() {
        let template = Template::parse(FUNCTION).unwrap();
        assert_eq!(template.functions[0].binary, "get-customer");
        assert_eq!(
            template.functions[0].routes,
            [
                Route::Of {
                    method: "GET".to_owned(),
                    path: "/customers/{id}".to_owned()
                },
                Route::Default
            ]
        );
    }

    #[test]
    fn tags_are_read_in_their_long_form() {
        let template =
            plain(serde_yaml_ng::from_str("[!Ref A, !GetAtt T.Arn, !Sub 'x${A}', !If [C, 1, 2]]").unwrap());
        assert_eq!(
            template.unwrap(),
            json!([{"Ref": "A"}, {"Fn::GetAtt": ["T", "Arn"]}, {"Fn::Sub": "x${A}"}, {"Fn::If": ["C", 1, 2]}])
        );
    }

    #[test]
    fn a_broken_template_says_what_is_wrong_with_it() {
        for (text, complaint) in [
            ("", "it has no Resources"),
            ("Resources: {}", "it has no functions"),
            (
                "Resources: {F: {Type: AWS::Serverless::Function}}",
                "the function F names no Metadata",
            ),
            ("a: [", "did not find expected"),
            (
                &FUNCTION.replace(", Method: get", ""),
                "only one of Method and Path",
            ),
        ] {
            let error = format!("{:#}", Template::parse(text).unwrap_err());
            assert!(error.contains(complaint), "{error}");
        }
    }
}
