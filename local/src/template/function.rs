//! A function of the template: its binary, its routes, its time.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::value::Scope;

/// What Lambda gives a function whose template says nothing.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3);

/// A function and what calls it.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its logical id, such as `GetCustomer`.
    pub logical_id: String,
    /// Its binary, such as `get-customer`.
    pub binary: String,
    /// Its routes in their order.
    pub routes: Vec<Route>,
    /// How long a call of it may take.
    pub timeout: Duration,
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

impl Function {
    /// Reads a function; what it does not say itself, `globals` say for all.
    pub(super) fn parse(logical_id: &str, resource: &Value, globals: &Value, scope: &Scope) -> Result<Self> {
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
        let timeout = resource
            .pointer("/Properties/Timeout")
            .or_else(|| globals.get("Timeout"));
        let timeout = match timeout {
            None => DEFAULT_TIMEOUT,
            Some(timeout) => scope
                .value(timeout)?
                .and_then(|timeout| timeout.as_u64())
                .map(Duration::from_secs)
                .with_context(|| {
                    format!("the Timeout of the function {logical_id} is no number of seconds")
                })?,
        };
        Ok(Self {
            logical_id: logical_id.to_owned(),
            binary: binary.to_owned(),
            routes,
            timeout,
        })
    }
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}
