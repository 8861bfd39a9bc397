//! What always holds for the items in the table.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{OPERATOR, TestApp, pages};

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
/// If anything is half written, or a list does not show exactly what the table holds.
pub async fn check(app: &TestApp) {
    let items = app.items().await;
    let (customers, guards) = (keyed(&items, "customer#"), keyed(&items, "username#"));
    let keys = keyed(&items, "idempotency#");
    assert_eq!(
        customers.len() + guards.len() + keys.len(),
        items.len(),
        "an item of an unknown kind"
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
        let query = format!("{query}&page_size=100");
        let listed = pages::pages(app, OPERATOR, &query, |_| false).await.concat();
        let shown: BTreeSet<_> = listed.iter().filter_map(|one| one["id"].as_str()).collect();
        assert_eq!(shown.len(), listed.len(), "a customer is listed twice");
        assert_eq!(shown, expected, "the list equals the table");
    }
}
