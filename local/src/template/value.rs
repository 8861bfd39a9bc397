//! The values of a template: converting its tags, and evaluating its functions for given parameters.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

/// YAML as JSON, with CloudFormation's tags in their long form.
pub(super) fn plain(yaml: Yaml) -> Result<Value> {
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
                    key => bail!("the key {key:?} is not a string"),
                })
                .collect::<Result<_>>()?,
        ),
        scalar => serde_json::to_value(scalar)?,
    })
}

/// Evaluates the CloudFormation functions that the local system needs.
pub(super) struct Scope<'a> {
    /// The template's conditions.
    pub(super) conditions: Option<&'a Value>,
    /// The values of its parameters.
    pub(super) parameters: &'a Map<String, Value>,
}

impl Scope<'_> {
    /// The evaluated value; `None` for `AWS::NoValue`.
    pub(super) fn value(&self, value: &Value) -> Result<Option<Value>> {
        Ok(match value {
            Value::Object(members) => match function(members) {
                Some(("Ref", Value::String(name))) if name == "AWS::NoValue" => None,
                Some(("Ref", Value::String(name))) => Some(self.parameter(name)?),
                Some(("Fn::If", Value::Array(arguments))) => match &arguments[..] {
                    [Value::String(condition), then, otherwise] => {
                        self.value(if self.holds(condition)? { then } else { otherwise })?
                    }
                    _ => bail!("Fn::If takes a condition and two values"),
                },
                Some(("Fn::Split", Value::Array(arguments))) => match &arguments[..] {
                    [Value::String(separator), text] => Some(self.split(separator, text)?),
                    _ => bail!("Fn::Split takes a separator and a string"),
                },
                Some((name, _)) => bail!("{name} is not supported here"),
                None => {
                    let mut object = Map::new();
                    for (name, member) in members {
                        object.extend(self.value(member)?.map(|member| (name.clone(), member)));
                    }
                    Some(Value::Object(object))
                }
            },
            Value::Array(elements) => {
                let elements = elements
                    .iter()
                    .filter_map(|element| self.value(element).transpose());
                Some(Value::Array(elements.collect::<Result<_>>()?))
            }
            scalar => Some(scalar.clone()),
        })
    }

    fn parameter(&self, name: &str) -> Result<Value> {
        self.parameters
            .get(name)
            .cloned()
            .with_context(|| format!("there is no parameter {name} with a value"))
    }

    fn split(&self, separator: &str, text: &Value) -> Result<Value> {
        match self.value(text)? {
            Some(Value::String(text)) => Ok(text.split(separator).collect()),
            _ => bail!("Fn::Split only splits strings"),
        }
    }

    /// Whether the condition of this name holds.
    fn holds(&self, name: &str) -> Result<bool> {
        let condition = self
            .conditions
            .and_then(|conditions| conditions.get(name))
            .with_context(|| format!("there is no condition {name}"))?;
        self.is_true(condition)
            .with_context(|| format!("the condition {name} is not understood"))
    }

    fn is_true(&self, condition: &Value) -> Result<bool> {
        match condition.as_object().and_then(function) {
            Some(("Fn::Not", Value::Array(arguments))) => match &arguments[..] {
                [condition] => Ok(!self.is_true(condition)?),
                _ => bail!("Fn::Not takes one condition"),
            },
            Some(("Fn::Equals", Value::Array(arguments))) => match &arguments[..] {
                [left, right] => Ok(self.value(left)? == self.value(right)?),
                _ => bail!("Fn::Equals takes two values"),
            },
            _ => bail!("it is neither Fn::Not nor Fn::Equals"),
        }
    }
}

/// The function that an object calls, and its arguments.
fn function(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut members = members.iter();
    match (members.next(), members.next()) {
        (Some((name, arguments)), None) if name == "Ref" || name.starts_with("Fn::") => {
            Some((name, arguments))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Value {
        plain(serde_yaml_ng::from_str(yaml).unwrap()).unwrap()
    }

    #[test]
    fn tags_are_converted_to_their_long_form() {
        assert_eq!(
            read("[!Ref A, !GetAtt T.Arn, !Sub 'x${A}', !If [C, 1, 2]]"),
            json!([{"Ref": "A"}, {"Fn::GetAtt": ["T", "Arn"]}, {"Fn::Sub": "x${A}"}, {"Fn::If": ["C", 1, 2]}])
        );
    }

    #[test]
    fn a_value_is_evaluated_with_its_parameters() {
        let conditions = read("Some: !Not [!Equals [!Ref Origins, '']]");
        let value =
            read("{A: !If [Some, !Split [',', !Ref Origins], !Ref AWS::NoValue], B: [1, !Ref Number]}");
        for (origins, expected) in [
            ("", json!({"B": [1, 7]})),
            ("x,y", json!({"A": ["x", "y"], "B": [1, 7]})),
        ] {
            let parameters = Map::from_iter([
                ("Origins".to_owned(), json!(origins)),
                ("Number".to_owned(), json!(7)),
            ]);
            let scope = Scope {
                conditions: Some(&conditions),
                parameters: &parameters,
            };
            assert_eq!(scope.value(&value).unwrap(), Some(expected));
        }
    }

    #[test]
    fn an_unsupported_expression_is_named_in_the_error() {
        let conditions = read("{Odd: !Or [!Ref A]}");
        for (value, complaint) in [
            ("!Ref Unknown", "there is no parameter Unknown with a value"),
            ("!If [Unknown, 1, 2]", "there is no condition Unknown"),
            ("!If [Odd, 1, 2]", "the condition Odd is not understood"),
            ("!Sub 'x${A}'", "Fn::Sub is not supported here"),
            ("[!Split [',', 1]]", "Fn::Split only splits strings"),
        ] {
            let scope = Scope {
                conditions: Some(&conditions),
                parameters: &Map::new(),
            };
            let error = format!("{:#}", scope.value(&read(value)).unwrap_err());
            assert!(error.contains(complaint), "{error}");
        }
    }
}
