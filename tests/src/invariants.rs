//! What always holds for the items in the table.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use uuid::Uuid;

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
    let (erased, items): (Vec<_>, Vec<_>) = items
        .into_iter()
        .partition(|item| item.get("erased_at").is_some());
    let (customers, guards) = (keyed(&items, "customer#"), keyed(&items, "username#"));
    let keys = keyed(&items, "idempotency#");
    assert_eq!(
        customers.len() + guards.len() + keys.len(),
        items.len(),
        "an item of an unknown kind"
    );
    check_erased(&erased);

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
    check_forgotten(app, &erased).await;
}

/// Of an erased customer there is a tombstone, and in the place of its webhook a stub.
fn check_erased(items: &[Value]) {
    let (tombstones, stubs) = (keyed(items, "customer#"), keyed(items, "webhook#"));
    assert!(tombstones.keys().eq(stubs.keys()), "{items:?}");
    let names = |item: &Value| {
        item.as_object()
            .map(|item| item.keys().cloned().collect::<Vec<_>>())
    };
    for tombstone in tombstones.values() {
        let all = ["erased_at", "pk", "version", "written_by"].map(str::to_owned);
        assert_eq!(names(tombstone), Some(all.to_vec()));
    }
    for stub in stubs.values() {
        assert_eq!(names(stub), Some(["erased_at", "pk"].map(str::to_owned).to_vec()));
    }
}

/// An erased customer has no history once the stream has been read to its tombstone: up to the event of a customer that is
/// created now.
async fn check_forgotten(app: &TestApp, erased: &[Value]) {
    if erased.is_empty() {
        return;
    }
    let last = app.create(&format!("after-all-others-{}", Uuid::new_v4())).await;
    app.events(&last, 1).await;
    let tombstones = keyed(erased, "customer#");
    let history = app.history().await;
    let left = history
        .iter()
        .filter(|row| tombstones.contains_key(text(row, "customer_id")));
    assert_eq!(left.count(), 0, "rows of erased customers are left");
}
