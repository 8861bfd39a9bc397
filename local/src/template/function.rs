//! A function of the template: its binary, routes and time limit.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::value::Scope;

/// Lambda's default time limit.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3);

/// A function and its routes.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its logical id, such as `GetCustomer`.
    pub logical_id: String,
    /// Its binary, such as `get-customer`.
    pub binary: String,
    /// Its routes, in the order of the template.
    pub routes: Vec<Route>,
    /// Its time limit for a call.
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
    /// `$default`, for requests that match no other route.
    Default,
}

impl Function {
    /// Reads a function. `globals` has the defaults.
    pub(super) fn parse(logical_id: &str, resource: &Value, globals: &Value, scope: &Scope) -> Result<Self> {
        let binary = resource
            .pointer("/Metadata/BuildProperties/Binary")
            .and_then(Value::as_str)
            .with_context(|| format!("the function {logical_id} has no Metadata.BuildProperties.Binary"))?;
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
                    format!("the Timeout of the function {logical_id} is not a number of seconds")
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
