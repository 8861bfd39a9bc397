//! A simple model of the registry, and the requests that are sent to the real one to compare the two.

use std::collections::HashMap;

use serde_json::json;
use tests::{Answer, TestApp};

use crate::steps::{Action, Condition, Step};

/// A customer of the model.
#[derive(Clone, Debug)]
struct Known {
    id: String,
    username: String,
    name: String,
    deleted: bool,
    erased: bool,
    version: u64,
}

/// The model for a single caller, which predicts every answer.
#[derive(Default)]
pub struct World {
    customers: Vec<Known>,
    keys: HashMap<u8, (String, usize)>,
}

/// Sends the request of an action on the customer with this id and version.
pub async fn send(app: &TestApp, action: &Action, id: &str, version: u64) -> Answer {
    let path = format!("/customers/{id}");
    let conditional = |method: &str, path: &str, condition: Condition| {
        let call = app.call(method, path);
        match condition {
            Condition::None => call,
            Condition::Current => call.header("if-match", &format!("\"{version}\"")),
            Condition::Stale => call.header("if-match", &format!("\"{}\"", version + 7)),
        }
    };
    let call = match action {
        Action::Create { username, key } => {
            let call = app.call("POST", "/customers").json(json!({"username": username}));
            match key {
                Some(key) => call.header("idempotency-key", &format!("key-{key}")),
                None => call,
            }
        }
        Action::Get { .. } => app.call("GET", &path),
        Action::Update { name, condition, .. } => {
            conditional("PATCH", &path, *condition).json(json!({"name": name}))
        }
        Action::Rename {
            username, condition, ..
        } => conditional("PUT", &path, *condition).json(json!({"username": username})),
        Action::Delete { condition, .. } => conditional("DELETE", &path, *condition),
        Action::Restore { condition, .. } => conditional("POST", &format!("{path}/restore"), *condition),
        Action::Erase { condition, .. } => conditional("POST", &format!("{path}/erase"), *condition),
        Action::Find { username } => app.call("GET", &format!("/customers?username={username}&page_size=5")),
        Action::List { deleted, page_size } => app.call(
            "GET",
            &format!("/customers?deleted={deleted}&page_size={page_size}"),
        ),
    };
    call.send().await
}

/// The index of the customer, out of `count`, that an action is about.
pub fn subject(action: &Action, count: usize) -> Option<usize> {
    match action {
        Action::Get { who }
        | Action::Update { who, .. }
        | Action::Rename { who, .. }
        | Action::Delete { who, .. }
        | Action::Restore { who, .. }
        | Action::Erase { who, .. } => (count > 0).then(|| who % count.max(1)),
        _ => None,
    }
}

pub const NOBODY: &str = "5e4a0680-804e-11ec-8477-2fea5968d85b";

impl World {
    /// Sends the step's request, and compares the answer with the model's.
    pub async fn check(&mut self, app: &TestApp, step: &Step) {
        let subject = subject(&step.action, self.customers.len());
        let (id, version) = match subject {
            Some(index) => (self.customers[index].id.clone(), self.customers[index].version),
            None => (NOBODY.to_owned(), 1),
        };
        let answer = send(app, &step.action, &id, version).await;
        let expected = match &step.action {
            Action::Create { username, key } => self.create(username, *key, &answer),
            Action::Find { username } => return self.check_find(username, &answer),
            Action::List { deleted, page_size } => return self.check_list(*deleted, *page_size, &answer),
            Action::Erase { condition, .. } => self.erase(subject, *condition),
            action => subject.map_or(404, |index| self.change(index, action)),
        };
        assert_eq!(answer.status, expected, "{step:?}: {answer:?}");
        if let (200, Some(index)) = (expected, subject)
            && !self.customers[index].erased
        {
            self.check_shown(&self.customers[index], &answer);
        }
    }

    fn holder(&self, username: &str) -> Option<usize> {
        self.customers
            .iter()
            .position(|one| !one.erased && one.username.eq_ignore_ascii_case(username))
    }

    fn create(&mut self, username: &str, key: Option<u8>, answer: &Answer) -> u16 {
        if let Some((earlier, index)) = key.and_then(|key| self.keys.get(&key)) {
            if earlier != username {
                return 422;
            }
            assert_eq!(
                answer.body["id"], self.customers[*index].id,
                "a replay must return the same customer"
            );
            return 201;
        }
        if self.holder(username).is_some() {
            return 409;
        }
        if let Some(key) = key {
            self.keys.insert(key, (username.to_owned(), self.customers.len()));
        }
        self.customers.push(Known {
            id: answer.body["id"].as_str().unwrap_or_default().to_owned(),
            username: username.to_owned(),
            name: String::new(),
            deleted: false,
            erased: false,
            version: 1,
        });
        201
    }

    fn erase(&mut self, subject: Option<usize>, condition: Condition) -> u16 {
        let known = subject.map(|index| &mut self.customers[index]);
        match (known, condition) {
            (_, Condition::None) => 428,
            (None, _) => 404,
            (Some(known), _) if known.erased => 200,
            (Some(known), _) if !known.deleted => 409,
            (Some(_), Condition::Stale) => 412,
            (Some(known), Condition::Current) => {
                known.erased = true;
                self.keys.retain(|_, (_, owner)| Some(*owner) != subject);
                200
            }
        }
    }

    fn change(&mut self, index: usize, action: &Action) -> u16 {
        let holder = match action {
            Action::Rename { username, .. } => self.holder(username),
            _ => None,
        };
        let known = &mut self.customers[index];
        match action {
            _ if known.erased => return 410,
            Action::Get { .. } => return 200,
            Action::Update { .. } | Action::Rename { .. } if known.deleted => return 409,
            Action::Restore { .. } if !known.deleted => return 409,
            Action::Update {
                condition: Condition::Stale,
                ..
            }
            | Action::Rename {
                condition: Condition::Stale,
                ..
            }
            | Action::Delete {
                condition: Condition::Stale,
                ..
            }
            | Action::Restore {
                condition: Condition::Stale,
                ..
            } => return 412,
            Action::Rename { .. } if holder.is_some_and(|holder| holder != index) => return 409,
            Action::Delete { .. } if known.deleted => return 200,
            Action::Update { name, .. } => known.name.clone_from(name),
            Action::Rename { username, .. } => known.username.clone_from(username),
            Action::Delete { .. } => known.deleted = true,
            _ => known.deleted = false,
        }
        known.version += 1;
        200
    }

    fn check_shown(&self, known: &Known, answer: &Answer) {
        let shown = &answer.body;
        assert_eq!(
            (&shown["username"], &shown["name"]),
            (&json!(known.username), &json!(known.name))
        );
        assert_eq!(shown["tm_delete"] != "9999-01-01 00:00:00.000000", known.deleted);
        assert_eq!(answer.header("etag"), format!("\"{}\"", known.version));
    }

    fn check_find(&self, username: &str, answer: &Answer) {
        let holder = self
            .holder(username)
            .map(|index| &self.customers[index])
            .filter(|one| !one.deleted);
        let ids: Vec<_> = answer
            .result()
            .iter()
            .map(|one| one["id"].as_str().unwrap())
            .collect();
        assert_eq!(
            ids,
            holder.map(|one| one.id.as_str()).into_iter().collect::<Vec<_>>()
        );
    }

    fn check_list(&self, deleted: bool, page_size: usize, answer: &Answer) {
        let newest_first = self
            .customers
            .iter()
            .rev()
            .filter(|one| !one.erased && one.deleted == deleted);
        let expected: Vec<_> = newest_first.map(|one| one.id.as_str()).collect();
        let ids: Vec<_> = answer
            .result()
            .iter()
            .map(|one| one["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, expected[..page_size.min(expected.len())]);
        assert_eq!(answer.body["next_page_token"] == "", expected.len() <= page_size);
    }

    /// Checks that every customer is as the model says, its version included.
    pub async fn check_versions(&self, app: &TestApp) {
        for known in &self.customers {
            let answer = app.get(&format!("/customers/{}", known.id)).await;
            match known.erased {
                true => assert_eq!(answer.status, 410, "{answer:?}"),
                false => self.check_shown(known, &answer),
            }
        }
    }
}
