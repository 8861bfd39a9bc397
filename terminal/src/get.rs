//! The command `get`.

use std::collections::HashMap;

use anyhow::Result;
use clap::Args;
use customer::Timestamp;
use registry_client::visible;
use serde::Deserialize;

use crate::arguments::{Access, Connection, ENVIRONMENT, Who};
use crate::record::{Record, text};
use crate::registry::Registry;
use crate::screen::{note, out};

/// Shows a customer of a registry, deleted or not
///
/// Shows every field, nothing cut, and the ETag for a write's If-Match.
#[derive(Debug, Args)]
#[command(after_help = ENVIRONMENT)]
pub struct GetArguments {
    #[command(flatten)]
    who: Who,

    /// Show secrets in clear text, if the token may see them, and not as ********
    #[arg(long)]
    show_secrets: bool,

    /// Write the customer as one line of JSON, as the API answers it
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    connection: Connection,
}

impl GetArguments {
    /// Where the customer is.
    ///
    /// # Errors
    /// A sentence that says which variable of the environment is missing or wrong.
    pub fn access(&self) -> Result<Access> {
        self.connection.access()
    }
}

pub(crate) async fn run(arguments: GetArguments, access: Access) -> Result<()> {
    let registry = access.registry().await?;
    let id = arguments.who.id(&registry).await?;
    let answer = registry.get(&format!("/customers/{id}"), &[]).await?;
    let mut customer: Record = answer.read()?;
    if !arguments.show_secrets {
        customer = customer.masked()?;
    }
    if arguments.json {
        return Ok(out(&customer.line()?)?);
    }
    let mut lines = String::new();
    for (name, value) in customer.members() {
        let shown = match (name, text(value)) {
            ("permission_ids", ids) => permissions(&registry, &ids).await,
            ("tm_delete", time) if time == Timestamp::NEVER => "not deleted".to_owned(),
            (_, text) => text,
        };
        lines += &line(name, &shown);
    }
    lines += &line("ETag", &answer.etag);
    Ok(out(&lines)?)
}

fn line(name: &str, value: &str) -> String {
    match value {
        "" => visible(name) + "\n",
        value => format!("{:<16}{}\n", visible(name), visible(value)),
    }
}

/// The names of permissions. One that was removed from the catalogue has only its id.
async fn permissions(registry: &Registry, ids: &str) -> String {
    #[derive(Deserialize)]
    struct Permission {
        id: String,
        name: String,
    }
    let ids: Vec<String> = match serde_json::from_str(ids) {
        Ok(ids) => ids,
        Err(_) => return ids.to_owned(),
    };
    if ids.is_empty() {
        return String::new();
    }
    let catalogue = match registry.page("/permissions", &[]).await {
        Ok(page) => page.result,
        Err(error) => {
            note(&format!("the permissions are shown without names: {error}"));
            Vec::new()
        }
    };
    let names = catalogue
        .iter()
        .filter_map(|permission| serde_json::from_str::<Permission>(permission.get()).ok());
    let names: HashMap<_, _> = names.map(|permission| (permission.id, permission.name)).collect();
    let shown = ids.iter().map(|id| names.get(id).unwrap_or(id).as_str());
    shown.collect::<Vec<_>>().join(", ")
}
