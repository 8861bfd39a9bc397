//! Erasing the test customer when the test did not come to its end.

#![expect(
    clippy::indexing_slicing,
    reason = "a member that a JSON object lacks reads as null"
)]

use std::time::Instant;

use registry_client::{Answer, send};
use reqwest::{Method, RequestBuilder};

use crate::journey::Journey;
use crate::report::{Failed, say, show};

/// What the test has left in the registry.
#[derive(Clone)]
pub(crate) enum Left {
    /// No customer.
    Nothing,
    /// A customer if the creation, which has no good answer, took effect.
    Perhaps,
    /// The customer with this id.
    Customer(String),
}

impl Journey {
    /// After a step that failed, erases the customer that it may have left, and shows whether that worked.
    pub(crate) async fn clean_up(&self, failed: &Failed) {
        let left = self.left.borrow().clone();
        let id = match (left, failed.status) {
            (Left::Nothing, _) => return,
            // The creation was refused.
            (Left::Perhaps, Some(400..500)) => return,
            (Left::Perhaps, _) => None,
            (Left::Customer(id), _) => Some(id),
        };
        let started = Instant::now();
        let outcome = match id {
            Some(id) => self.remove(&id).await,
            None => self.find_and_remove(failed).await,
        };
        if show("clean up", started, outcome.map(|saw| (saw, ()))).is_none() {
            self.name_what_is_left();
        }
    }

    /// Says which customer may be left, and how to remove it.
    pub(crate) fn name_what_is_left(&self) {
        let (id, find) = match &*self.left.borrow() {
            Left::Nothing => return,
            Left::Perhaps => (
                "ID".to_owned(),
                format!(
                    "find its ID with GET /customers?username={}, then ",
                    self.username
                ),
            ),
            Left::Customer(id) => (id.clone(), String::new()),
        };
        say(&format!(
            "{} may be left. To remove it, {find}call DELETE /customers/{id}, then POST /customers/{id}/erase with the \
             ETag of the first answer as If-Match",
            self.username
        ));
    }

    /// Looks for the customer by its username, because the answer to its creation did not tell its id.
    async fn find_and_remove(&self, failed: &Failed) -> Result<String, String> {
        let find = self.request(Method::GET, &format!("/customers?username={}", self.username));
        let found = succeed(find).await?;
        let found = found.body["result"].as_array().and_then(|page| page.first());
        let own = found.filter(|customer| customer["username"] == self.username);
        let id = own.and_then(|customer| customer["id"].as_str());
        match (id, failed.status) {
            (Some(id), _) => {
                *self.left.borrow_mut() = Left::Customer(id.to_owned());
                self.remove(id).await
            }
            (None, Some(_)) => Ok(format!("nobody has the username {}", self.username)),
            (None, None) => Err("nobody has the username yet, but the creation had no answer".to_owned()),
        }
    }

    /// Deletes and erases the customer with this id.
    async fn remove(&self, id: &str) -> Result<String, String> {
        let path = format!("/customers/{id}");
        let deleted = send(self.request(Method::DELETE, &path)).await?;
        if deleted.status == 410 {
            return Ok(format!("{} is erased already", self.username));
        }
        let deleted = successful(deleted)?;
        self.is_own(&deleted.body)?;
        let erase = self.request(Method::POST, &format!("{path}/erase"));
        succeed(erase.header("if-match", deleted.header("etag"))).await?;
        Ok(format!("{} is erased", self.username))
    }
}

async fn succeed(request: RequestBuilder) -> Result<Answer, String> {
    successful(send(request).await?)
}

fn successful(answer: Answer) -> Result<Answer, String> {
    match answer.status {
        200 => Ok(answer),
        _ => Err(format!("answered {}, not 200", answer.summary())),
    }
}
