//! What concurrent callers know of the registry: each write that was answered must be there in the end.

use std::collections::HashMap;
use std::sync::Mutex;

use tests::{Answer, TestApp};

use crate::steps::{Action, Step};
use crate::world::{NOBODY, send, subject};

/// What concurrent callers know about each customer: how many writes were answered with success, how many have an unknown
/// outcome, and whether it was erased, which may have happened too although the answer was an error.
#[derive(Default)]
pub struct Shared {
    customers: Mutex<Vec<(String, u64)>>,
    counts: Mutex<HashMap<String, (u64, u64)>>,
    erased: Mutex<HashMap<String, bool>>,
}

impl Shared {
    /// Sends the step's request, and records its answer.
    pub async fn send(&self, app: &TestApp, step: &Step) {
        let known = self.customers.lock().expect("no poison").clone();
        let (id, version) = match subject(&step.action, known.len()) {
            Some(index) => known[index].clone(),
            None => (NOBODY.to_owned(), 1),
        };
        let answer = send(app, &step.action, &id, version).await;
        assert!(answer.status != 500, "{step:?}: {answer:?}");
        if let Action::Erase { .. } = step.action {
            return self.record_erasure(id, answer.status);
        }
        let is_write = !matches!(
            step.action,
            Action::Get { .. } | Action::Find { .. } | Action::List { .. }
        );
        if let (200 | 201, Some(id)) = (answer.status, answer.body["id"].as_str()) {
            self.record(id, &answer);
        }
        if is_write && !matches!(step.action, Action::Create { .. }) {
            let mut counts = self.counts.lock().expect("no poison");
            let (done, unknown) = counts.entry(id).or_default();
            match answer.status {
                // Deleting a deleted customer writes nothing, so a success may or may not be a write.
                200 if matches!(step.action, Action::Delete { .. }) => *unknown += 1,
                200 => *done += 1,
                429 | 503 => *unknown += 1,
                _ => {}
            }
        }
    }

    fn record_erasure(&self, id: String, status: u16) {
        if let 200 | 429 | 503 = status {
            let mut erased = self.erased.lock().expect("no poison");
            let is_certain = erased.entry(id).or_default();
            *is_certain |= status == 200;
        }
    }

    fn record(&self, id: &str, answer: &Answer) {
        let version = answer
            .header("etag")
            .trim_matches('"')
            .parse()
            .expect("a version");
        let mut customers = self.customers.lock().expect("no poison");
        match customers.iter_mut().find(|(known, _)| known == id) {
            Some((_, seen)) => *seen = version,
            None => customers.push((id.to_owned(), version)),
        }
    }

    /// Checks that every customer that a caller was told of still exists. Its version must count all successful writes,
    /// and may count any of those with an unknown outcome.
    pub async fn check_versions(&self, app: &TestApp) {
        let counts = self.counts.lock().expect("no poison").clone();
        let known = self.customers.lock().expect("no poison").clone();
        for (id, _) in known {
            let answer = app.get(&format!("/customers/{id}")).await;
            let is_erased = self.erased.lock().expect("no poison").get(&id).copied();
            match (answer.status, is_erased) {
                (410, Some(_)) => continue,
                (status, Some(true)) => panic!("{id} was erased, and is shown with {status}"),
                (status, _) => assert_eq!(status, 200, "{id} was lost: {answer:?}"),
            }
            let version: u64 = answer
                .header("etag")
                .trim_matches('"')
                .parse()
                .expect("a version");
            let (done, unknown) = counts.get(&id).copied().unwrap_or_default();
            let range = 1 + done..=1 + done + unknown;
            assert!(
                range.contains(&version),
                "{id} has version {version}, not one of {range:?}"
            );
        }
    }
}
