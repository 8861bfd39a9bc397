use aws_sdk_dynamodb::types::AttributeValue;
use customer::{CustomerId, NewCustomer, Timestamp};
use sha2::{Digest, Sha256};

use crate::keys::Item;

/// Makes a request to create a customer idempotent: its caller and key, and a fingerprint of its content.
#[derive(Clone, Debug)]
pub struct Idempotency {
    key: String,
    fingerprint: String,
    expires_at: i64,
}

/// How long a key is kept, in seconds: a day.
const KEPT_SECONDS: i64 = 24 * 60 * 60;

/// The attribute of a customer's item that holds the key of the record of its creation.
const LINK: &str = "idempotency";

impl Idempotency {
    /// The `key` that `caller` sent at `now` with a request for `new`.
    ///
    /// Two requests have the same fingerprint if they ask for the same customer. White space, the order of the fields
    /// and whether a default is written out make no difference. A field that is added to a customer belongs here only if it
    /// has not its default, so that the keys of earlier requests stay valid.
    pub fn new(caller: &str, key: &str, new: &NewCustomer, now: Timestamp) -> Self {
        let NewCustomer {
            username,
            name,
            detail,
            webhook_method,
            webhook_uri,
            line_secret,
            line_token,
            permission_ids,
        } = new;
        let permission_ids: Vec<_> = permission_ids.iter().map(ToString::to_string).collect();
        Self {
            key: digest(&[caller, key]),
            fingerprint: digest(&[
                username.as_str(),
                name.as_str(),
                detail.as_str(),
                webhook_method.as_str(),
                webhook_uri.as_str(),
                line_secret.expose(),
                line_token.expose(),
                &permission_ids.join(","),
            ]),
            expires_at: now.seconds() + KEPT_SECONDS,
        }
    }

    /// The record that maps the key to a customer.
    pub(crate) fn item(&self, id: CustomerId) -> Item {
        Item::from([
            ("pk".to_owned(), record_key(&self.key)),
            (
                "fingerprint".to_owned(),
                AttributeValue::S(self.fingerprint.clone()),
            ),
            ("customer_id".to_owned(), AttributeValue::S(id.to_string())),
            (
                "expires_at".to_owned(),
                AttributeValue::N(self.expires_at.to_string()),
            ),
        ])
    }

    /// The attribute by which a customer's item names this record, so that an erasure finds it.
    pub(crate) fn link(&self) -> (String, AttributeValue) {
        (LINK.to_owned(), AttributeValue::S(self.key.clone()))
    }

    /// Whether the record `item` was made for a request with the same fingerprint.
    pub(crate) fn is_fingerprint_of(&self, item: &Item) -> bool {
        item.get("fingerprint").and_then(|value| value.as_s().ok()) == Some(&self.fingerprint)
    }
}

/// The key of the record of a customer's creation, if its item names one.
pub(crate) fn key_in(item: &Item) -> Option<AttributeValue> {
    Some(record_key(item.get(LINK)?.as_s().ok()?))
}

fn record_key(key: &str) -> AttributeValue {
    AttributeValue::S(format!("idempotency#{key}"))
}

/// The SHA-256 of the parts in hexadecimal. Each part is preceded by its length, so that different lists of parts never
/// give the same input.
fn digest(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part);
    }
    hasher
        .finalize()
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idempotency(caller: &str, key: &str, body: &str) -> Idempotency {
        let now = Timestamp::parse("2026-01-02 03:04:05.000006").unwrap();
        Idempotency::new(
            caller,
            key,
            &NewCustomer::from_json(body.as_bytes()).unwrap(),
            now,
        )
    }

    #[test]
    fn equivalent_bodies_have_the_same_fingerprint() {
        let one = idempotency("c", "k", r#"{"username":"a","name":"n"}"#);
        let other = idempotency(
            "c",
            "k",
            r#" { "name" : "n", "username":"a", "webhook_method":"POST" }"#,
        );
        assert_eq!(one.fingerprint, other.fingerprint);
        assert!(one.is_fingerprint_of(&other.item(CustomerId::generate())));
    }

    /// A change of this value would make every key that is stored refuse the request that it belongs to.
    #[test]
    fn the_fingerprint_of_a_request_stays_the_same_from_release_to_release() {
        let all = r#"{"username":"a","name":"b","detail":"c","webhook_method":"GET","webhook_uri":"https://example.com",
            "line_secret":"d","line_token":"e","permission_ids":["03796e14-7cb4-11ec-9dba-e72023efd1c6"]}"#;
        for (body, fingerprint) in [
            (
                r#"{"username":"a"}"#,
                "b20e1f078994b8e5a362f9cfb0c6fab24af9b7d0b39e6823f0880a51a5980b3d",
            ),
            (
                all,
                "a95f56616fc121448fae3235a0211d4a0baa61419f1827b6e15fc52a60c6b0f6",
            ),
        ] {
            assert_eq!(idempotency("c", "k", body).fingerprint, fingerprint);
        }
    }

    #[test]
    fn every_field_changes_the_fingerprint() {
        let bodies = [
            r#"{"username":"a"}"#,
            r#"{"username":"A"}"#,
            r#"{"username":"a","name":"n"}"#,
            r#"{"username":"a","detail":"n"}"#,
            r#"{"username":"a","webhook_method":""}"#,
            r#"{"username":"a","webhook_uri":"https://example.com"}"#,
            r#"{"username":"a","line_secret":"n"}"#,
            r#"{"username":"a","line_token":"n"}"#,
            r#"{"username":"a","permission_ids":["03796e14-7cb4-11ec-9dba-e72023efd1c6"]}"#,
            r#"{"username":"an"}"#,
        ];
        let fingerprints: std::collections::HashSet<_> = bodies
            .iter()
            .map(|body| idempotency("c", "k", body).fingerprint)
            .collect();
        assert_eq!(fingerprints.len(), bodies.len());
    }

    #[test]
    fn two_callers_can_use_the_same_key() {
        let body = r#"{"username":"a"}"#;
        let keys = [("c", "k"), ("c", "l"), ("d", "k"), ("ck", ""), ("", "ck")];
        let distinct: std::collections::HashSet<_> = keys
            .iter()
            .map(|(caller, key)| idempotency(caller, key, body).key)
            .collect();
        assert_eq!(distinct.len(), keys.len());
    }
}
