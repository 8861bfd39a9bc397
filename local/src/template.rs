//! `template.yaml`, as far as the local system needs it: routes, binaries and time limits, CORS, and the tables.

mod function;
mod value;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

pub use self::function::{Function, Route};
use self::value::{Scope, plain};

/// The template in this repository.
pub const DEFAULT_PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");

/// The logical id of the customers' table.
pub const CUSTOMERS_TABLE: &str = "CustomersTable";

/// The logical id of the table with the history of events.
pub const EVENTS_TABLE: &str = "EventsTable";

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template {
    /// The whole document. CloudFormation's tags are in their long form: `!Ref A` is `{"Ref": "A"}`.
    pub document: Value,
    /// The functions in their order.
    pub functions: Vec<Function>,
    parameters: Map<String, Value>,
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
        let parameters = defaults(&document);
        let scope = scope(&document, &parameters);
        let globals = document.pointer("/Globals/Function").unwrap_or(&Value::Null);
        let functions = resources
            .iter()
            .filter(|(_, resource)| resource.pointer("/Type") == Some(&json!("AWS::Serverless::Function")))
            .map(|(logical_id, resource)| Function::parse(logical_id, resource, globals, &scope))
            .collect::<Result<Vec<_>>>()?;
        ensure!(!functions.is_empty(), "it has no functions");
        Ok(Self {
            document,
            functions,
            parameters,
        })
    }

    /// The template with this value for a parameter.
    ///
    /// # Errors
    /// A sentence if it has no such parameter.
    pub fn with_parameter(mut self, name: &str, value: &str) -> Result<Self> {
        let parameter = self
            .document
            .pointer("/Parameters")
            .and_then(|parameters| parameters.get(name));
        ensure!(parameter.is_some(), "the template has no parameter {name}");
        self.parameters.insert(name.to_owned(), json!(value));
        Ok(self)
    }

    /// The HTTP API's CorsConfiguration, evaluated, if there is one.
    ///
    /// # Errors
    /// A sentence if it uses a function that is not supported here.
    pub fn cors(&self) -> Result<Option<Value>> {
        let resources = self.document.pointer("/Resources").and_then(Value::as_object);
        let configuration = resources
            .into_iter()
            .flat_map(Map::values)
            .filter(|resource| resource.pointer("/Type") == Some(&json!("AWS::Serverless::HttpApi")))
            .find_map(|api| api.pointer("/Properties/CorsConfiguration"));
        let Some(configuration) = configuration else {
            return Ok(None);
        };
        scope(&self.document, &self.parameters)
            .value(configuration)
            .context("the template's CorsConfiguration is not understood")
    }

    /// The body of a CreateTable request for the table with this logical id, which is also its name here.
    ///
    /// # Errors
    /// A sentence if there is no such table.
    pub fn table(&self, logical_id: &str) -> Result<Value> {
        let properties = self
            .table_properties(logical_id)
            .with_context(|| format!("the template has no AWS::DynamoDB::Table {logical_id}"))?;
        let mut request = Map::from_iter([("TableName".to_owned(), json!(logical_id))]);
        request.extend(members(
            properties,
            &["AttributeDefinitions", "KeySchema", "BillingMode"],
        ));
        if let Some(view) = properties.pointer("/StreamSpecification/StreamViewType") {
            let stream = json!({"StreamEnabled": true, "StreamViewType": view});
            request.insert("StreamSpecification".to_owned(), stream);
        }
        // Settings that only apply in the cloud, such as throughput limits, are left out.
        let indexes = properties
            .pointer("/GlobalSecondaryIndexes")
            .and_then(Value::as_array);
        if let Some(indexes) = indexes {
            let shape = ["IndexName", "KeySchema", "Projection"];
            let indexes = indexes.iter().map(|index| members(index, &shape));
            request.insert("GlobalSecondaryIndexes".to_owned(), indexes.collect());
        }
        Ok(Value::Object(request))
    }

    /// The time-to-live attribute of a table, if it has one.
    pub fn ttl_attribute(&self, logical_id: &str) -> Option<&str> {
        let properties = self.table_properties(logical_id)?;
        properties
            .pointer("/TimeToLiveSpecification/AttributeName")?
            .as_str()
    }

    fn table_properties(&self, logical_id: &str) -> Option<&Value> {
        let resource = self.document.pointer("/Resources")?.get(logical_id)?;
        let is_table = resource.pointer("/Type") == Some(&json!("AWS::DynamoDB::Table"));
        resource.pointer("/Properties").filter(|_| is_table)
    }

    /// The default value of a parameter that is a number.
    ///
    /// # Errors
    /// A sentence if it has none.
    pub fn number(&self, parameter: &str) -> Result<u32> {
        let value = self.parameters.get(parameter).and_then(Value::as_u64);
        value
            .and_then(|value| u32::try_from(value).ok())
            .with_context(|| format!("the template's parameter {parameter} has no number as its default"))
    }
}

/// The default values of the parameters.
fn defaults(document: &Value) -> Map<String, Value> {
    let parameters = document.pointer("/Parameters").and_then(Value::as_object);
    parameters
        .into_iter()
        .flatten()
        .filter_map(|(name, parameter)| Some((name.clone(), parameter.get("Default")?.clone())))
        .collect()
}

fn scope<'a>(document: &'a Value, parameters: &'a Map<String, Value>) -> Scope<'a> {
    Scope {
        conditions: document.pointer("/Conditions"),
        parameters,
    }
}

/// The members of an object with these names.
fn members(object: &Value, names: &[&str]) -> Map<String, Value> {
    let members = object.as_object().into_iter().flatten();
    members
        .filter(|(name, _)| names.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
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
    fn a_function_has_its_own_timeout_or_the_global_one_or_lambdas_default() {
        let of_all = "Globals: {Function: {Timeout: !Ref Seconds}}\nParameters: {Seconds: {Default: 20}}";
        let own = FUNCTION.replace("      Events:", "      Timeout: 7\n      Events:");
        for (text, seconds) in [
            (FUNCTION.to_owned(), 3),
            (format!("{of_all}{FUNCTION}"), 20),
            (format!("{of_all}{own}"), 7),
        ] {
            let template = Template::parse(&text).unwrap();
            assert_eq!(template.functions[0].timeout.as_secs(), seconds, "{text}");
        }
    }

    #[test]
    fn cors_is_evaluated_with_the_parameters() {
        let api = "
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: !If [Open, {AllowOrigins: !Split [',', !Ref Origins], MaxAge: 600}, !Ref AWS::NoValue]
Conditions: {Open: !Not [!Equals [!Ref Origins, '']]}
Parameters: {Origins: {Default: ''}}
";
        let template = Template::parse(&format!("{FUNCTION}{api}")).unwrap();
        assert_eq!(template.cors().unwrap(), None);
        let template = template.with_parameter("Origins", "http://a,http://b").unwrap();
        assert_eq!(
            template.cors().unwrap(),
            Some(json!({"AllowOrigins": ["http://a", "http://b"], "MaxAge": 600}))
        );
        let error = template.with_parameter("Other", "x").unwrap_err();
        assert_eq!(error.to_string(), "the template has no parameter Other");
    }

    #[test]
    fn the_error_for_a_broken_template_says_what_is_wrong() {
        for (text, complaint) in [
            ("", "it has no Resources"),
            ("Resources: {}", "it has no functions"),
            (
                "Resources: {F: {Type: AWS::Serverless::Function}}",
                "the function F has no Metadata",
            ),
            ("a: [", "did not find expected"),
            (
                &FUNCTION.replace("      Events:", "      Timeout: long\n      Events:"),
                "the Timeout of the function Get is not a number of seconds",
            ),
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
