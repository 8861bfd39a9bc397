use customer::{CustomerPatch, NewCustomer};

use super::*;

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn anna() -> Record {
    let new = br#"{"username":"anna","line_secret":"made-up"}"#;
    Record {
        customer: Customer::register(
            NewCustomer::from_json(new).unwrap(),
            time("2026-01-02 03:04:05.000006"),
        ),
        version: 1,
    }
}

fn patched(record: &Record, patch: &str) -> Record {
    let patch = CustomerPatch::from_json(patch.as_bytes()).unwrap();
    Record {
        customer: record
            .customer
            .clone()
            .patched(patch, time("2026-01-03 00:00:00.000000")),
        version: record.version + 1,
    }
}

fn with_tm_delete(record: &Record, tm_delete: Option<Timestamp>) -> Record {
    let mut record = record.clone();
    record.customer.tm_delete = tm_delete;
    record.version += 1;
    record
}

#[test]
fn each_kind_of_write_has_its_event_and_names_what_changed() {
    let written_at = time("2026-01-05 00:00:00.000000");
    let deleted_at = time("2026-01-04 00:00:00.000000");
    let created = anna();
    let updated = patched(&created, r#"{"name":"Anna","line_secret":"another"}"#);
    let deleted = with_tm_delete(&updated, Some(deleted_at));
    let restored = with_tm_delete(&deleted, None);
    let imported_deleted = with_tm_delete(&created, Some(deleted_at));
    for (before, after, event_type, timestamp, changed) in [
        (
            None,
            &created,
            EventType::Created,
            created.customer.tm_create,
            &Customer::FIELDS[..],
        ),
        (
            None,
            &imported_deleted,
            EventType::Created,
            created.customer.tm_create,
            &Customer::FIELDS[..],
        ),
        (
            Some(&created),
            &updated,
            EventType::Updated,
            updated.customer.tm_update,
            &["name", "line_secret"][..],
        ),
        (
            Some(&updated),
            &deleted,
            EventType::Deleted,
            deleted_at,
            &["tm_delete"][..],
        ),
        (
            Some(&deleted),
            &restored,
            EventType::Restored,
            written_at,
            &["tm_delete"][..],
        ),
    ] {
        let event = Event::of_write(before, after.clone(), None, written_at).unwrap();
        assert_eq!(event.event_type, event_type);
        assert_eq!(event.timestamp, timestamp);
        assert_eq!(event.changed, changed);
        assert_eq!(event.id, format!("{}.{}", after.customer.id, after.version));
    }
}

#[test]
fn a_write_that_changes_nothing_shown_tells_nothing() {
    let before = anna();
    let after = patched(&before, r#"{"name":""}"#);
    assert!(Event::of_write(Some(&before), after, None, time("2026-01-05 00:00:00.000000")).is_none());
}

#[test]
fn an_event_shows_the_customer_with_its_secrets_masked() {
    let anna = anna();
    let event = Event::of_write(
        None,
        anna.clone(),
        Some(Author::caller("operator", "console")),
        anna.customer.tm_create,
    )
    .unwrap();
    let json = event.to_json().unwrap();
    assert!(!json.contains("made-up") && !json.contains("console"), "{json}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["type"], "customer.created");
    assert_eq!(json["timestamp"], "2026-01-02T03:04:05.000006Z");
    assert_eq!(json["version"], 1);
    assert_eq!(json["data"]["line_secret"], "********");
    assert_eq!(json["data"].as_object().unwrap().len(), Customer::FIELDS.len());
}

#[test]
fn an_erasure_tells_the_id_and_nothing_else_of_the_customer() {
    let id = CustomerId::generate();
    let event = Event::of_erasure(Tombstone {
        id,
        erased_at: time("2026-01-06 00:00:00.000000"),
        by: Some(Author::caller("operator", "console")),
        version: 8,
    });
    let json: serde_json::Value = serde_json::from_str(&event.to_json().unwrap()).unwrap();
    let expected = serde_json::json!({
        "id": format!("{id}.8"), "type": "customer.erased", "timestamp": "2026-01-06T00:00:00.000000Z",
        "version": 8, "changed": [], "data": {"id": id.to_string()},
    });
    assert_eq!(json, expected);
}

#[test]
fn an_event_that_is_too_large_leaves_its_data_out() {
    let detail = "\u{1}".repeat(65_535);
    let large = patched(&anna(), &serde_json::json!({ "detail": detail }).to_string());
    let event = Event::of_write(None, large.clone(), None, large.customer.tm_create).unwrap();
    let json: serde_json::Value = serde_json::from_str(&event.to_json().unwrap()).unwrap();
    assert_eq!(json["id"], event.id);
    assert!(json.get("data").is_none());
}
