//! Reads the body of a request: a customer to create, or a change to one.

use crate::customer::{CustomerPatch, NewCustomer};
use crate::document::{Document, Member};
use crate::fault::{Fault, FaultAt, FaultCode, pointer_to};
use crate::members::Members;

impl NewCustomer {
    /// Reads the body of a request to create a customer. `null` means the same as an empty value.
    ///
    /// # Errors
    /// The document's faults in order, at most the first 100.
    pub fn from_json(json: &[u8]) -> Result<Self, Vec<FaultAt>> {
        let (mut document, mut patch) = read(json)?;
        document.require("username", "a customer needs a username");
        match patch.username.take() {
            Some(username) if document.faults.is_empty() => Ok(Self::new(username, patch)),
            _ => Err(document.faults),
        }
    }
}

impl CustomerPatch {
    /// Reads the body of a request to update a customer. An absent field stays as it is, and `null` or an empty value
    /// clears it.
    ///
    /// # Errors
    /// The document's faults in order, at most the first 100.
    pub fn from_json(json: &[u8]) -> Result<Self, Vec<FaultAt>> {
        match read(json)? {
            (document, patch) if document.faults.is_empty() => Ok(patch),
            (document, _) => Err(document.faults),
        }
    }
}

/// # Errors
/// The one fault of a document that is not a JSON object.
fn read(json: &[u8]) -> Result<(Document, CustomerPatch), Vec<FaultAt>> {
    let members = Members::parse(json).map_err(|fault| vec![fault])?;
    let (mut document, mut patch) = (Document::default(), CustomerPatch::default());
    document.read_members(members.0, |document, member| {
        patch.read_member(document, member) || refuse_read_only(document, member)
    });
    Ok((document, patch))
}

/// Adds a fault if only the service sets this field. Returns whether that is so.
fn refuse_read_only(document: &mut Document, member: &Member) -> bool {
    let is_read_only = matches!(
        member.key.as_str(),
        "id" | "tm_create" | "tm_update" | "tm_delete"
    );
    if is_read_only {
        let fault = Fault::new(FaultCode::ReadOnly, "the service sets this field: leave it out");
        document.fault(fault.at(pointer_to(&member.key)));
    }
    is_read_only
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::MAX_FAULTS;
    use crate::name::Name;
    use crate::permission::PermissionId;
    use crate::secret::LineToken;
    use crate::webhook_method::WebhookMethod;
    use crate::webhook_uri::WebhookUri;

    const ADMIN: &str = "03796e14-7cb4-11ec-9dba-e72023efd1c6";

    fn faults(json: &str) -> Vec<(String, FaultCode)> {
        NewCustomer::from_json(json.as_bytes())
            .unwrap_err()
            .into_iter()
            .map(|fault| (fault.pointer, fault.fault.code))
            .collect()
    }

    fn only_fault(json: &str) -> (String, FaultCode) {
        let mut faults = faults(json);
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.remove(0)
    }

    #[test]
    fn every_field_but_the_username_has_a_default() {
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
    fn an_absent_field_is_unchanged_and_null_or_an_empty_value_clears_it() {
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
    fn all_faults_are_reported_at_once_in_document_order() {
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
    fn a_body_that_is_not_a_json_object_has_one_fault() {
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
    fn at_most_100_permissions_are_accepted() {
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
