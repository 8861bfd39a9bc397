//! The calls of a registry, and what is said of a call that fails.

use anyhow::{Error, Result, anyhow, bail};
use registry_client::{client, reason, visible};
use reqwest::header::ETAG;
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::record::Record;

/// A registry, and a token for it.
pub(crate) struct Registry {
    client: Client,
    base: String,
    token: String,
}

/// A successful answer.
pub(crate) struct Answer {
    /// `""` if there is none.
    pub(crate) etag: String,
    body: String,
}

/// A page of a list.
#[derive(Deserialize)]
pub(crate) struct Page {
    pub(crate) result: Vec<Box<RawValue>>,
    pub(crate) next_page_token: String,
}

/// What is shown of a problem document (RFC 9457).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    title: String,
    detail: String,
    request_id: String,
    errors: Vec<Fault>,
    /// What API Gateway's own answers have instead.
    message: String,
}

#[derive(Deserialize)]
struct Fault {
    pointer: String,
    detail: String,
}

impl Registry {
    pub(crate) fn new(url: &Url, token: String) -> Result<Self> {
        Ok(Self {
            client: client(url.as_str())?,
            base: url.as_str().trim_end_matches('/').to_owned(),
            token,
        })
    }

    /// # Errors
    /// If the registry does not answer, or not with a success.
    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer> {
        let request = self.client.get(format!("{}{path}", self.base)).query(query);
        let answer = request.bearer_auth(&self.token).send().await;
        let answer = answer.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        let etag = answer.headers().get(ETAG).and_then(|etag| etag.to_str().ok());
        let etag = etag.unwrap_or_default().to_owned();
        let body = answer.text().await.map_err(|error| self.unreachable(&error))?;
        match status {
            StatusCode::OK => Ok(Answer { etag, body }),
            _ => Err(self.problem(status, &body)),
        }
    }

    /// # Errors
    /// As for [`get`](Self::get), and if the answer is no page.
    pub(crate) async fn page(&self, path: &str, query: &[(&str, &str)]) -> Result<Page> {
        self.get(path, query).await?.read()
    }

    /// The id of the customer with a username, deleted or not.
    ///
    /// # Errors
    /// As for [`page`](Self::page), and if nobody has the username.
    pub(crate) async fn id_of(&self, username: &str) -> Result<String> {
        for deleted in ["false", "true"] {
            let query = [("username", username), ("deleted", deleted)];
            let page = self.page("/customers", &query).await?;
            if let Some(customer) = page.result.first() {
                return Ok(Record::read(customer)?.text("id"));
            }
        }
        let username = visible(username);
        bail!("No such customer: nobody, deleted or not, has the username {username}")
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        let Self { base, .. } = self;
        anyhow!("the registry at {base} does not answer: {}", reason(error))
    }

    /// What an unsuccessful answer says, without what is for programs.
    fn problem(&self, status: StatusCode, body: &str) -> Error {
        let Problem {
            title,
            detail,
            request_id,
            errors,
            message,
        } = serde_json::from_str(body).unwrap_or_default();
        let mut said = match (title.as_str(), message.as_str()) {
            ("", "") => format!(
                "the registry at {} answered {status}: is it a customer registry?",
                self.base
            ),
            ("", message) => format!("the registry at {} answered {status}: {message}", self.base),
            (title, _) => format!("{title}: {detail}"),
        };
        for Fault { pointer, detail } in errors {
            said += &format!("; {pointer} {detail}");
        }
        if !request_id.is_empty() {
            said += &format!(" (request {request_id})");
        }
        if status == StatusCode::UNAUTHORIZED {
            said += "; is the token in the environment for this registry, and still valid?";
        }
        anyhow!(visible(&said))
    }
}

impl Answer {
    /// Reads the body.
    ///
    /// # Errors
    /// A sentence that does not quote it, because it may contain secrets.
    pub(crate) fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        let read = serde_json::from_str(&self.body);
        read.map_err(|_| anyhow!("the answer has not the form of a customer registry's"))
    }
}
