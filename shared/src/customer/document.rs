//! A JSON document read into a [`NewCustomer`], a [`CustomerPatch`] or a [`Customer`], with every fault it has.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::existing::Origin;
use super::fault::{MAX_FAULTS, pointer_to};
use super::{
    CustomerPatch, Detail, Fault, FaultCode, Invalid, LineSecret, LineToken, Name, NewCustomer, Username,
    WebhookMethod, WebhookUri,
};
use crate::permission::{MAX_PERMISSIONS, PermissionId};

impl NewCustomer {
    /// Reads the body of a request to create a customer. `null` says the same as an empty value.
    ///
    /// # Errors
    /// Every fault of the document in its order, up to the first hundred.
    pub fn from_json(json: &[u8]) -> Result<Self, Vec<Fault>> {
        let mut document = Document::default();
        document.read(json);
        document.require("username", "a customer needs a username");
        let patch = document.finish()?;
        let Some(username) = patch.username else {
            return Err(Vec::new());
        };
        Ok(Self {
            username,
            name: patch.name.unwrap_or_default(),
            detail: patch.detail.unwrap_or_default(),
            webhook_method: patch.webhook_method.unwrap_or_default(),
            webhook_uri: patch.webhook_uri.unwrap_or_default(),
            line_secret: patch.line_secret.unwrap_or_default(),
            line_token: patch.line_token.unwrap_or_default(),
            permission_ids: patch.permission_ids.unwrap_or_default(),
        })
    }
}

impl CustomerPatch {
    /// Reads the body of a request to update a customer: what is absent stays, `null` and empty values clear.
    ///
    /// # Errors
    /// Every fault of the document in its order, up to the first hundred.
    pub fn from_json(json: &[u8]) -> Result<Self, Vec<Fault>> {
        let mut document = Document::default();
        document.read(json);
        document.finish()
    }
}

/// A document being read: what it says so far, and what is wrong with it so far.
#[derive(Default)]
pub(super) struct Document {
    pub(super) patch: CustomerPatch,
    /// Where what the service sets itself goes, if this document may say it.
    pub(super) origin: Option<Origin>,
    pub(super) faults: Vec<Fault>,
    seen: Vec<String>,
    unreadable: bool,
}

impl Document {
    /// A document about a customer that exists already.
    pub(super) fn of_existing() -> Self {
        Self {
            origin: Some(Origin::default()),
            ..Self::default()
        }
    }

    pub(super) fn read(&mut self, json: &[u8]) {
        match serde_json::from_slice::<Members>(json) {
            Ok(members) => self.members(members.0),
            Err(error) => {
                self.unreadable = true;
                self.fault(not_an_object(&error));
            }
        }
    }

    pub(super) fn members(&mut self, members: impl IntoIterator<Item = (String, Value)>) {
        for (key, value) in members {
            self.member(key, value);
        }
    }

    /// It is a fault if there is no `key`; of a document that cannot be read nothing more is said.
    pub(super) fn require(&mut self, key: &str, detail: &'static str) {
        if !self.unreadable && !self.seen.iter().any(|seen| seen == key) {
            self.fault(Invalid::new(FaultCode::Required, detail).at(pointer_to(key)));
        }
    }

    fn finish(self) -> Result<CustomerPatch, Vec<Fault>> {
        if self.faults.is_empty() {
            Ok(self.patch)
        } else {
            Err(self.faults)
        }
    }

    fn fault(&mut self, fault: Fault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        }
    }

    fn member(&mut self, key: String, value: Value) {
        let pointer = pointer_to(&key);
        if self.seen.contains(&key) {
            self.fault(Invalid::new(FaultCode::Repeated, "the key stands in the object twice").at(pointer));
            return;
        }
        match key.as_str() {
            "username" => self.patch.username = self.text(pointer, value, Username::parse),
            "name" => self.patch.name = self.text(pointer, value, Name::parse),
            "detail" => self.patch.detail = self.text(pointer, value, Detail::parse),
            "webhook_method" => {
                self.patch.webhook_method = self.text(pointer, value, |text| WebhookMethod::parse(&text));
            }
            "webhook_uri" => self.patch.webhook_uri = self.text(pointer, value, WebhookUri::parse),
            "line_secret" => self.patch.line_secret = self.text(pointer, value, LineSecret::parse),
            "line_token" => self.patch.line_token = self.text(pointer, value, LineToken::parse),
            "permission_ids" => self.patch.permission_ids = self.permissions(pointer, value),
            "id" | "tm_create" | "tm_update" | "tm_delete" if self.origin.is_some() => {
                self.origin_member(&key, pointer, value);
            }
            "id" | "tm_create" | "tm_update" | "tm_delete" => {
                let read_only = "the service sets this field: leave it out";
                self.fault(Invalid::new(FaultCode::ReadOnly, read_only).at(pointer));
            }
            _ => {
                let unknown = "a customer has no such field";
                self.fault(Invalid::new(FaultCode::UnknownField, unknown).at(pointer));
                return;
            }
        }
        self.seen.push(key);
    }

    /// A text field; `null` is the empty text.
    pub(super) fn text<T>(
        &mut self,
        pointer: String,
        value: Value,
        parse: impl FnOnce(String) -> Result<T, Invalid>,
    ) -> Option<T> {
        let parsed = match value {
            Value::String(text) => parse(text),
            Value::Null => parse(String::new()),
            _ => Err(Invalid::new(FaultCode::WrongType, "must be a string")),
        };
        parsed.map_err(|invalid| self.fault(invalid.at(pointer))).ok()
    }

    /// The list of permissions; `null` is the empty list.
    fn permissions(&mut self, pointer: String, value: Value) -> Option<Vec<PermissionId>> {
        let values = match value {
            Value::Array(values) => values,
            Value::Null => Vec::new(),
            _ => {
                let fault = Invalid::new(FaultCode::WrongType, "must be an array of permission ids");
                self.fault(fault.at(pointer));
                return None;
            }
        };
        if values.len() > MAX_PERMISSIONS {
            let fault = Invalid::new(FaultCode::TooLong, "must hold at most 100 permission ids");
            self.fault(fault.at(pointer));
            return None;
        }
        let mut ids = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate() {
            match permission(value, &ids) {
                Ok(id) => ids.push(id),
                Err(invalid) => self.fault(invalid.at(format!("{pointer}/{index}"))),
            }
        }
        Some(ids)
    }
}

fn permission(value: Value, earlier: &[PermissionId]) -> Result<PermissionId, Invalid> {
    let Value::String(text) = value else {
        return Err(Invalid::new(FaultCode::WrongType, "must be a string"));
    };
    let id = PermissionId::parse(&text)?;
    if !id.is_in_catalogue() {
        return Err(Invalid::new(
            FaultCode::NotAllowed,
            "is no permission: GET /permissions lists them",
        ));
    }
    if earlier.contains(&id) {
        return Err(Invalid::new(FaultCode::Repeated, "stands in the list already"));
    }
    Ok(id)
}

fn not_an_object(error: &serde_json::Error) -> Fault {
    if error.is_data() {
        Invalid::new(FaultCode::WrongType, "the document must be a JSON object").at("")
    } else {
        // A syntax error's text names what was expected and where, never what stood there.
        Invalid::new(FaultCode::NotJson, format!("the document is not JSON: {error}")).at("")
    }
}

/// A JSON object's members in their order, repeated ones included, which a map would lose.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMIN: &str = "03796e14-7cb4-11ec-9dba-e72023efd1c6";

    fn faults(json: &str) -> Vec<(String, FaultCode)> {
        NewCustomer::from_json(json.as_bytes())
            .unwrap_err()
            .into_iter()
            .map(|fault| (fault.pointer, fault.invalid.code))
            .collect()
    }

    fn only_fault(json: &str) -> (String, FaultCode) {
        let mut faults = faults(json);
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.remove(0)
    }

    #[test]
    fn a_username_is_enough_and_the_rest_has_defaults() {
        let new = NewCustomer::from_json(br#"{"username":"anna"}"#).unwrap();
        assert_eq!(new.username.as_str(), "anna");
        assert_eq!(new.webhook_method, WebhookMethod::default());
        assert_eq!(new.webhook_uri, WebhookUri::default());
        assert!(new.permission_ids.is_empty());
    }

    #[test]
    fn every_writable_field_is_read() {
        let json = format!(
            r#"{{"username":"anna","name":"Anna","detail":"d","webhook_method":"PUT","webhook_uri":"https://example.com/",
                "line_secret":"made-up","line_token":"made+up=","permission_ids":["{ADMIN}"]}}"#
        );
        let new = NewCustomer::from_json(json.as_bytes()).unwrap();
        assert_eq!(new.name.as_str(), "Anna");
        assert_eq!(new.detail.as_str(), "d");
        assert_eq!(new.webhook_method.as_str(), "PUT");
        assert_eq!(new.webhook_uri.as_str(), "https://example.com/");
        assert_eq!(new.line_secret.expose(), "made-up");
        assert_eq!(new.line_token.expose(), "made+up=");
        assert_eq!(new.permission_ids, [PermissionId::parse(ADMIN).unwrap()]);
    }

    #[test]
    fn an_absent_field_stays_and_null_or_empty_clears_it() {
        let patch = CustomerPatch::from_json(b"{}").unwrap();
        assert_eq!(patch, CustomerPatch::default());

        for cleared in ["null", "\"\""] {
            let json = format!(r#"{{"name":{cleared},"webhook_method":{cleared},"line_token":{cleared}}}"#);
            let patch = CustomerPatch::from_json(json.as_bytes()).unwrap();
            assert_eq!(patch.name, Some(Name::default()));
            assert_eq!(patch.webhook_method, Some(WebhookMethod::parse("").unwrap()));
            assert_eq!(patch.line_token, Some(LineToken::default()));
            assert_eq!(patch.detail, None);
        }
        for cleared in ["null", "[]"] {
            let json = format!(r#"{{"permission_ids":{cleared}}}"#);
            let patch = CustomerPatch::from_json(json.as_bytes()).unwrap();
            assert_eq!(patch.permission_ids, Some(Vec::new()));
        }
    }

    #[test]
    fn a_username_cannot_be_left_out_or_cleared() {
        let required = ("/username".to_owned(), FaultCode::Required);
        for json in ["{}", r#"{"username":""}"#, r#"{"username":null}"#] {
            assert_eq!(only_fault(json), required);
        }
        assert!(CustomerPatch::from_json(br#"{"username":null}"#).is_err());
    }

    #[test]
    fn all_faults_are_reported_at_once_in_the_documents_order() {
        let json = format!(
            r#"{{"colour":"red","username":"a b","name":7,"tm_create":"now","webhook_method":"PATCH",
                "permission_ids":["{ADMIN}","x","{ADMIN}",1,"5e4a0680-804e-11ec-8477-2fea5968d85b"],"a/b~c":0}}"#
        );
        let expected = [
            ("/colour", FaultCode::UnknownField),
            ("/username", FaultCode::InvalidFormat),
            ("/name", FaultCode::WrongType),
            ("/tm_create", FaultCode::ReadOnly),
            ("/webhook_method", FaultCode::NotAllowed),
            ("/permission_ids/1", FaultCode::InvalidFormat),
            ("/permission_ids/2", FaultCode::Repeated),
            ("/permission_ids/3", FaultCode::WrongType),
            ("/permission_ids/4", FaultCode::NotAllowed),
            ("/a~1b~0c", FaultCode::UnknownField),
        ];
        assert_eq!(faults(&json), expected.map(|(at, code)| (at.to_owned(), code)));
    }

    #[test]
    fn a_repeated_key_is_a_fault_even_with_the_same_value() {
        let repeated = ("/username".to_owned(), FaultCode::Repeated);
        assert_eq!(only_fault(r#"{"username":"a","username":"a"}"#), repeated);
        assert_eq!(only_fault(r#"{"username":"a","user\u006eame":"b"}"#), repeated);
    }

    #[test]
    fn what_is_no_json_object_is_one_fault_of_the_whole_document() {
        for json in [
            "",
            "{",
            "{\"username\":\"a\"} x",
            "{\"username\":\"a\"}{}",
            "nul",
            "{\"a\":1e999}",
        ] {
            assert_eq!(only_fault(json), (String::new(), FaultCode::NotJson), "{json}");
        }
        for json in ["[]", "\"text\"", "1", "null", "true"] {
            assert_eq!(only_fault(json), (String::new(), FaultCode::WrongType), "{json}");
        }
        let bomb = format!("{{\"name\":{}", "[".repeat(100_000));
        assert_eq!(only_fault(&bomb), (String::new(), FaultCode::NotJson));
        assert!(NewCustomer::from_json(b"{\"username\":\"\xff\"}").is_err());
    }

    #[test]
    fn at_most_100_permissions_are_taken() {
        let list = |count| vec![format!("\"{ADMIN}\""); count].join(",");
        let json = format!(r#"{{"username":"a","permission_ids":[{}]}}"#, list(101));
        assert_eq!(
            only_fault(&json),
            ("/permission_ids".to_owned(), FaultCode::TooLong)
        );
        let json = format!(r#"{{"username":"a","permission_ids":[{}]}}"#, list(100));
        assert!(faults(&json).iter().all(|(_, code)| *code == FaultCode::Repeated));
    }

    #[test]
    fn a_hostile_document_gets_a_bounded_answer() {
        let members: Vec<_> = (0..20_000).map(|key| format!("\"{key}\":0")).collect();
        assert_eq!(faults(&format!("{{{}}}", members.join(","))).len(), MAX_FAULTS);
    }
}
