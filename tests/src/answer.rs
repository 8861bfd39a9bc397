//! An answer of the API.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer, already checked against the contract.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body; `null` if there is none.
    pub body: Value,
}

impl Answer {
    /// A header field, `""` if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }

    /// The code of a problem.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The faults of an invalid request, each as `pointer code`.
    pub fn faults(&self) -> Vec<String> {
        let errors = self.body["errors"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        errors
            .iter()
            .map(|error| format!("{} {}", text(&error["pointer"]), text(&error["code"])))
            .collect()
    }

    /// The customers or permissions of a page.
    pub fn result(&self) -> &[Value] {
        self.body["result"].as_array().expect("a page")
    }

    /// The token of the next page, `""` on the last one.
    pub fn next_page_token(&self) -> &str {
        self.body["next_page_token"].as_str().expect("a token")
    }
}

/// How many answers there are of each kind: a status, and the code of a problem.
pub fn outcomes(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut outcomes = BTreeMap::new();
    for answer in answers {
        let kind = format!("{} {}", answer.status, answer.code());
        *outcomes.entry(kind.trim_end().to_owned()).or_default() += 1;
    }
    outcomes
}
