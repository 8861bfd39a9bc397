//! What is true of the raw table after whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::TestApp;

/// A text attribute of a raw item.
fn text<'a>(item: &'a Value, attribute: &str) -> &'a str {
    item[attribute]["S"].as_str().unwrap_or_default()
}

fn keyed<'a>(items: &'a [Value], kind: &str) -> BTreeMap<&'a str, &'a Value> {
    items
        .iter()
        .filter_map(|item| Some((text(item, "pk").strip_prefix(kind)?, item)))
        .collect()
}

/// # Panics
/// If the table holds a half of anything, or the lists do not show just what is in it.
pub async fn check(app: &TestApp) {
    let items = app.items().await;
    let (customers, guards) = (keyed(&items, "customer#"), keyed(&items, "username#"));
    let keys = keyed(&items, "idempotency#");
    assert_eq!(
        customers.len() + guards.len() + keys.len(),
        items.len(),
        "an item of no kind"
    );

    let usernames: BTreeSet<_> = customers
        .values()
        .map(|item| text(item, "username").to_lowercase())
        .collect();
    assert_eq!(usernames.len(), customers.len(), "usernames are unique");
    assert_eq!(
        guards.len(),
        customers.len(),
        "guards and customers are one to one"
    );
    for (id, customer) in &customers {
        assert_eq!(text(customer, "id"), *id);
        let guard = guards.get(text(customer, "username").to_lowercase().as_str());
        assert_eq!(
            guard.map(|guard| text(guard, "customer_id")),
            Some(*id),
            "the guard is its customer's"
        );
        let lives = text(customer, "tm_delete") == "9999-01-01 00:00:00.000000";
        assert_eq!(text(customer, "listing"), if lives { "live" } else { "deleted" });
        assert_eq!(
            text(customer, "listed_at"),
            format!("{}#{id}", text(customer, "tm_create"))
        );
        let remembered = customer["writes"]["L"].as_array().map(Vec::len);
        assert!(
            matches!(remembered, Some(4 | 5)),
            "the last four writes, and one that was sent again: {remembered:?}"
        );
    }
    for key in keys.values() {
        assert!(
            customers.contains_key(text(key, "customer_id")),
            "a key's customer is there"
        );
    }
    for (query, listing) in [("deleted=false", "live"), ("deleted=true", "deleted")] {
        let expected: BTreeSet<_> = customers
            .iter()
            .filter(|(_, item)| text(item, "listing") == listing)
            .map(|(id, _)| *id)
            .collect();
        let listed = list(app, query).await;
        let shown: BTreeSet<_> = listed.iter().map(String::as_str).collect();
        assert_eq!(shown.len(), listed.len(), "nobody is shown twice");
        assert_eq!(shown, expected, "the list equals the table");
    }
}

/// The ids on all pages of a list.
async fn list(app: &TestApp, query: &str) -> Vec<String> {
    let (mut ids, mut token) = (Vec::new(), String::new());
    loop {
        let page = app
            .get(&format!("/customers?{query}&page_size=100&page_token={token}"))
            .await;
        ids.extend(
            page.result()
                .iter()
                .map(|one| one["id"].as_str().expect("an id").to_owned()),
        );
        token = page.body["next_page_token"].as_str().expect("a token").to_owned();
        if token.is_empty() {
            return ids;
        }
    }
}
