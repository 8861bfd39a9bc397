//! A customer that exists already, read from a document of all its fields.

use serde_json::Value;

use super::document::Document;
use super::{Customer, CustomerId, Fault, FaultCode, Invalid, Timestamp, Username};

/// What the service sets itself, and a document may say only about a customer that exists already.
#[derive(Default)]
pub(super) struct Origin {
    id: Option<CustomerId>,
    tm_create: Option<Timestamp>,
    tm_update: Option<Timestamp>,
    tm_delete: Option<Timestamp>,
}

/// A document that is no customer, and as much of it as says which one it was to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its id, if that is valid.
    pub id: Option<CustomerId>,
    /// Its username, if that is valid.
    pub username: Option<Username>,
    /// Every fault in its order, up to the first hundred.
    pub faults: Vec<Fault>,
}

impl From<Fault> for Rejected {
    /// A document of which nothing can be read.
    fn from(fault: Fault) -> Self {
        Self {
            id: None,
            username: None,
            faults: vec![fault],
        }
    }
}

impl Customer {
    /// Reads a customer with its own id and moments. `id`, `username` and `tm_create` are required; the rest has
    /// the defaults of a creation, and `null` says the same as an empty value.
    ///
    /// # Errors
    /// [`Rejected`] with every fault of the document.
    pub fn from_json(json: &[u8]) -> Result<Self, Rejected> {
        let mut document = Document::of_existing();
        document.read(json);
        document.into_customer()
    }

    /// Reads a customer as [`from_json`](Self::from_json) does, from the members of an object.
    ///
    /// # Errors
    /// [`Rejected`] with every fault of the members.
    pub fn from_members(members: impl IntoIterator<Item = (String, Value)>) -> Result<Self, Rejected> {
        let mut document = Document::of_existing();
        document.members(members);
        document.into_customer()
    }
}

const NO_ID: &str = "a customer that exists needs its id";
const NO_MOMENT: &str = "a customer that exists needs the moment of its creation";

impl Document {
    pub(super) fn origin_member(&mut self, key: &str, pointer: String, value: Value) {
        let mut origin = self.origin.take().unwrap_or_default();
        match key {
            "id" => {
                origin.id = self.text(pointer, value, |text| CustomerId::parse(&present(text, NO_ID)?));
            }
            "tm_create" => {
                origin.tm_create = self.text(pointer, value, |text| {
                    Timestamp::parse(&present(text, NO_MOMENT)?)
                });
            }
            "tm_update" => origin.tm_update = self.text(pointer, value, |text| moment(&text, "")).flatten(),
            _ => {
                origin.tm_delete = self
                    .text(pointer, value, |text| moment(&text, Timestamp::NEVER))
                    .flatten();
            }
        }
        self.origin = Some(origin);
    }

    fn into_customer(mut self) -> Result<Customer, Rejected> {
        self.require("id", NO_ID);
        self.require("username", "a customer needs a username");
        self.require("tm_create", NO_MOMENT);
        let (patch, origin) = (self.patch, self.origin.unwrap_or_default());
        match (origin.id, patch.username, origin.tm_create) {
            (Some(id), Some(username), Some(tm_create)) if self.faults.is_empty() => Ok(Customer {
                id,
                username,
                name: patch.name.unwrap_or_default(),
                detail: patch.detail.unwrap_or_default(),
                webhook_method: patch.webhook_method.unwrap_or_default(),
                webhook_uri: patch.webhook_uri.unwrap_or_default(),
                line_secret: patch.line_secret.unwrap_or_default(),
                line_token: patch.line_token.unwrap_or_default(),
                permission_ids: patch.permission_ids.unwrap_or_default(),
                tm_create,
                tm_update: origin.tm_update.unwrap_or(tm_create),
                tm_delete: origin.tm_delete,
            }),
            (id, username, _) => Err(Rejected {
                id,
                username,
                faults: self.faults,
            }),
        }
    }
}

fn present(text: String, absent: &'static str) -> Result<String, Invalid> {
    if text.is_empty() {
        return Err(Invalid::new(FaultCode::Required, absent));
    }
    Ok(text)
}

/// A moment that may be missing: empty, or written as `none`.
fn moment(text: &str, none: &str) -> Result<Option<Timestamp>, Invalid> {
    if text.is_empty() || text == none {
        return Ok(None);
    }
    Timestamp::parse(text).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::WebhookMethod;

    const LEAST: &str = r#""id":"5e4a0680-804e-11ec-8477-2fea5968d85b","username":"anna","tm_create":"2022-02-01 00:00:00.000000""#;

    fn faults(json: &str) -> Vec<(String, FaultCode)> {
        let rejected = Customer::from_json(json.as_bytes()).unwrap_err();
        let placed = |fault: Fault| (fault.pointer, fault.invalid.code);
        rejected.faults.into_iter().map(placed).collect()
    }

    #[test]
    fn id_username_and_creation_are_enough_and_the_rest_has_defaults() {
        for rest in ["", r#","tm_update":null,"tm_delete":"""#] {
            let customer = Customer::from_json(format!("{{{LEAST}{rest}}}").as_bytes()).unwrap();
            assert_eq!(customer.tm_update, customer.tm_create);
            assert_eq!(customer.tm_delete, None);
            assert_eq!(customer.webhook_method, WebhookMethod::default());
        }
    }

    #[test]
    fn moments_are_kept_and_the_far_future_means_not_deleted() {
        let json = format!(
            r#"{{{LEAST},"tm_update":"2022-02-02 00:00:00.000000","tm_delete":"2022-02-03 00:00:00.000000"}}"#
        );
        let customer = Customer::from_json(json.as_bytes()).unwrap();
        assert_eq!(customer.tm_update.to_string(), "2022-02-02 00:00:00.000000");
        assert_eq!(
            customer.tm_delete.unwrap().to_string(),
            "2022-02-03 00:00:00.000000"
        );
        let json = format!(r#"{{{LEAST},"tm_delete":"{}"}}"#, Timestamp::NEVER);
        assert!(!Customer::from_json(json.as_bytes()).unwrap().is_deleted());
    }

    #[test]
    fn what_would_make_a_second_run_double_is_required() {
        let required = ["/id", "/username", "/tm_create"].map(|at| (at.to_owned(), FaultCode::Required));
        for json in ["{}", r#"{"id":"","username":null,"tm_create":null}"#] {
            assert_eq!(faults(json), required);
        }
    }

    #[test]
    fn all_faults_are_reported_at_once_beside_the_id_and_the_username_that_are_valid() {
        let json = format!(r#"{{{LEAST},"name":7,"tm_update":"now","tm_delete":1,"version":1}}"#);
        let rejected = Customer::from_json(json.as_bytes()).unwrap_err();
        assert_eq!(rejected.username, Some(Username::parse("anna").unwrap()));
        assert!(rejected.id.is_some());
        let expected = [
            ("/name", FaultCode::WrongType),
            ("/tm_update", FaultCode::InvalidFormat),
            ("/tm_delete", FaultCode::WrongType),
            ("/version", FaultCode::UnknownField),
        ];
        assert_eq!(faults(&json), expected.map(|(at, code)| (at.to_owned(), code)));
    }

    #[test]
    fn of_what_is_no_object_only_that_is_said() {
        assert_eq!(faults("{"), [(String::new(), FaultCode::NotJson)]);
        assert_eq!(faults("[]"), [(String::new(), FaultCode::WrongType)]);
    }
}
