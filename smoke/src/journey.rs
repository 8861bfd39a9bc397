//! The steps, in order. Every function of the registry is called at least once.

#![expect(
    clippy::indexing_slicing,
    reason = "a member that a JSON object lacks reads as null"
)]

use std::cell::{Cell, RefCell};

use anyhow::Result;
use registry_client::{Answer, client};
use reqwest::{Client, Method, RequestBuilder, Url};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cleanup::Left;
use crate::report::{self, Failed};

/// How the contract writes "not deleted".
const NEVER: &str = "9999-01-01 00:00:00.000000";

/// The smoke test of the registry at one address.
pub(crate) struct Journey {
    base: String,
    client: Client,
    token: String,
    /// The test customer's username.
    pub(crate) username: String,
    pub(crate) left: RefCell<Left>,
    stopped: Cell<bool>,
}

/// The result of a check: what it saw, or what is wrong.
type Check = Result<(String, ()), String>;

impl Journey {
    /// Prepares the smoke test with this token.
    pub(crate) fn new(url: &Url, token: String) -> Result<Self> {
        Ok(Self {
            base: url.as_str().trim_end_matches('/').to_owned(),
            client: client(url.as_str())?,
            token,
            username: format!("smoke-test-{}", Uuid::now_v7()),
            left: RefCell::new(Left::Nothing),
            stopped: Cell::new(false),
        })
    }

    /// Begins no more steps. What the test has left is cleaned up.
    pub(crate) fn stop(&self) {
        self.stopped.set(true);
    }

    /// Runs all steps, or up to the first one that fails. In either case, the customer is erased if it was created.
    pub(crate) async fn run(&self) -> Result<(), Failed> {
        let walked = self.walk().await;
        if let Err(failed) = &walked {
            self.clean_up(failed).await;
        }
        walked
    }

    async fn walk(&self) -> Result<(), Failed> {
        let anybody = self.client.get(format!("{}/customers", self.base));
        self.step("no token", anybody, 401, |_| saw("rejected")).await?;
        let permissions = self.request(Method::GET, "/permissions");
        self.step("permissions", permissions, 200, |answer| {
            let count = page(answer)?.len();
            saw(&format!("{count} permissions"))
        })
        .await?;
        let unknown = self.request(Method::GET, "/no-such-path");
        self.step("unknown path", unknown, 404, |answer| {
            is(
                answer.body["code"] == "unknown_route",
                "its code is not unknown_route",
            )?;
            saw("unknown_route")
        })
        .await?;

        let path = format!("/customers/{}", self.create().await?);
        self.with_customer(&path).await?;
        self.erase(&path).await
    }

    /// Runs a step, unless a signal has stopped the test.
    async fn step<T>(
        &self,
        name: &str,
        request: RequestBuilder,
        expected: u16,
        check: impl FnOnce(&Answer) -> Result<(String, T), String>,
    ) -> Result<T, Failed> {
        self.go_on()?;
        report::step(name, request, expected, check).await
    }

    fn go_on(&self) -> Result<(), Failed> {
        match self.stopped.get() {
            true => Err(Failed { status: None }),
            false => Ok(()),
        }
    }

    async fn create(&self) -> Result<String, Failed> {
        let new = self
            .request(Method::POST, "/customers")
            .header("idempotency-key", &self.username)
            .json(&json!({"username": self.username, "name": "Smoke test"}));
        self.go_on()?;
        self.left.replace(Left::Perhaps);
        report::step("create", new, 201, |answer| {
            let id = answer.body["id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
            let id = id.ok_or("its id is no UUID")?.to_string();
            is(
                answer.body["username"] == self.username,
                "it has another username",
            )?;
            self.left.replace(Left::Customer(id.clone()));
            let is_there = answer.header("location") == format!("/customers/{id}");
            is(is_there, "its Location is not the customer's path")?;
            Ok((format!("{} has the id {id}", self.username), id))
        })
        .await
    }

    async fn with_customer(&self, path: &str) -> Result<(), Failed> {
        let read = self.request(Method::GET, path);
        let version = self
            .step("read", read, 200, |answer| {
                self.is_own(&answer.body)?;
                let version = answer.header("etag").to_owned();
                is(!version.is_empty(), "it has no ETag")?;
                Ok((format!("version {version}"), version))
            })
            .await?;

        let change = |name: &str| {
            self.request(Method::PATCH, path)
                .header("if-match", &version)
                .json(&json!({"name": name}))
        };
        self.step("change", change("Smoke test, changed"), 200, |answer| {
            is(
                answer.body["name"] == "Smoke test, changed",
                "its name is another",
            )?;
            is(answer.header("etag") != version, "its version is the same")?;
            saw(&format!("version {}", answer.header("etag")))
        })
        .await?;
        self.step("stale change", change("lost"), 412, |_| {
            saw("an outdated version is rejected")
        })
        .await?;

        let find = self.request(Method::GET, &format!("/customers?username={}", self.username));
        self.step("find", find, 200, |answer| match page(answer)?.as_slice() {
            [found] => {
                self.is_own(found)?;
                is(found["name"] == "Smoke test, changed", "it is not as changed")?;
                saw("one customer, as changed")
            }
            others => Err(format!("it shows {} customers, not one", others.len())),
        })
        .await?;
        // The list is eventually consistent, so this does not check that the customer is on it.
        let list = self.request(Method::GET, "/customers?page_size=10");
        self.step("list", list, 200, |answer| {
            saw(&format!("a page of {} customers", page(answer)?.len()))
        })
        .await?;

        self.webhook(path).await?;
        self.events(path).await?;
        self.delete("delete", path).await?;
        let restore = self.request(Method::POST, &format!("{path}/restore"));
        self.step("restore", restore, 200, |answer| {
            self.is_own(&answer.body)?;
            is(answer.body["tm_delete"] == NEVER, "it is still deleted")?;
            saw("it is back")
        })
        .await
    }

    /// The test customer has no address, so nothing is sent.
    async fn webhook(&self, path: &str) -> Result<(), Failed> {
        let secret = |answer: &Answer| answer.body["secret"].as_str().unwrap_or_default().to_owned();
        let get = self.request(Method::GET, &format!("{path}/webhook"));
        let first = self
            .step("webhook", get, 200, |answer| {
                is(answer.body["state"] == "unset", "its state is not unset")?;
                is(secret(answer).starts_with("whsec_"), "it shows no secret")?;
                Ok(("no address is set".to_owned(), secret(answer)))
            })
            .await?;
        let rotate = self.request(Method::POST, &format!("{path}/webhook/rotate"));
        self.step("rotate", rotate, 200, |answer| {
            is(secret(answer) != first, "its secret is the same")?;
            saw("a new secret signs, and the old one for a day")
        })
        .await?;
        let test = self.request(Method::POST, &format!("{path}/webhook/test"));
        self.step("test webhook", test, 409, |answer| {
            is(
                answer.body["code"] == "no_webhook_uri",
                "its code is not no_webhook_uri",
            )?;
            saw("no_webhook_uri")
        })
        .await
    }

    /// Events follow the changes within a second as a rule, so this does not check which there are.
    async fn events(&self, path: &str) -> Result<(), Failed> {
        let list = self.request(Method::GET, &format!("{path}/events"));
        self.step("events", list, 200, |answer| {
            saw(&format!("a page of {} events", page(answer)?.len()))
        })
        .await?;
        let id = path.trim_start_matches("/customers/");
        let redeliver = self.request(Method::POST, &format!("{path}/events/{id}.0/redeliver"));
        self.step("redeliver", redeliver, 404, |answer| {
            is(
                answer.body["code"] == "event_not_found",
                "its code is not event_not_found",
            )?;
            saw("event_not_found: there is no version 0")
        })
        .await
    }

    /// Deletes the customer, and answers its ETag.
    async fn delete(&self, name: &str, path: &str) -> Result<String, Failed> {
        let delete = self.request(Method::DELETE, path);
        self.step(name, delete, 200, |answer| {
            self.is_own(&answer.body)?;
            is(answer.body["tm_delete"] != NEVER, "it is not deleted")?;
            let version = answer.header("etag").to_owned();
            Ok(("deleted softly: the record stays".to_owned(), version))
        })
        .await
    }

    async fn erase(&self, path: &str) -> Result<(), Failed> {
        let version = self.delete("delete again", path).await?;
        let erase = self.request(Method::POST, &format!("{path}/erase"));
        self.step("erase", erase.header("if-match", version), 200, |answer| {
            is(answer.body["tm_erase"].is_string(), "it does not say when")?;
            self.left.replace(Left::Nothing);
            saw("nothing is left but a tombstone")
        })
        .await?;
        let read = self.request(Method::GET, path);
        self.step("read again", read, 410, |_| saw("the customer is gone"))
            .await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        request.bearer_auth(&self.token)
    }

    pub(crate) fn is_own(&self, customer: &Value) -> Result<(), String> {
        is(customer["username"] == self.username, "it is another customer")
    }
}

fn saw(what: &str) -> Check {
    Ok((what.to_owned(), ()))
}

fn is(holds: bool, fault: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(fault.to_owned()) }
}

fn page(answer: &Answer) -> Result<&Vec<Value>, String> {
    let result = answer.body["result"].as_array();
    result.ok_or_else(|| "it is no page with a result".to_owned())
}
