//! Walking a list, page by page.

use serde_json::Value;

use crate::Api;
use crate::tokens::OPERATOR;

/// The pages of a list, from the first to the last, or to the first for which `until` returns true.
pub async fn pages(api: &Api, plain: &str, query: &str, until: impl Fn(&[Value]) -> bool) -> Vec<Vec<Value>> {
    let (mut pages, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/customers?{query}&page_token={token}");
        let page = api.call_as(plain, "GET", &path).send().await;
        assert_eq!(page.status, 200, "{page:?}");
        page.next_page_token().clone_into(&mut token);
        pages.push(page.result().to_vec());
        if token.is_empty() || until(page.result()) {
            return pages;
        }
    }
}

/// The customers that a list shows among those of this test, in the list's order. Where others use the table too,
/// their customers are passed over, and the walk ends with the oldest of this test's.
pub async fn own(api: &Api, query: &str, own: &[Value]) -> Vec<Value> {
    own_as(api, OPERATOR, query, own).await
}

/// The same, as another caller sees them.
pub async fn own_as(api: &Api, plain: &str, query: &str, own: &[Value]) -> Vec<Value> {
    let is_own = |one: &Value| own.iter().any(|customer| customer["id"] == one["id"]);
    let oldest = own.iter().filter_map(|one| one["tm_create"].as_str()).min();
    // Newest first: once a page ends with a customer older than our oldest, no later page has ours.
    let beyond = |page: &[Value]| page.last().and_then(|one| one["tm_create"].as_str()) < oldest;
    let pages = pages(api, plain, query, beyond).await;
    pages.into_iter().flatten().filter(is_own).collect()
}

/// The usernames of customers.
pub fn usernames(customers: &[Value]) -> Vec<&str> {
    customers
        .iter()
        .map(|customer| customer["username"].as_str().expect("a username"))
        .collect()
}
