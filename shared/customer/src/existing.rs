//! Reads a customer that already exists, with its id and timestamps, from a document.

use serde_json::Value;

use crate::customer::{Customer, CustomerPatch, NewCustomer};
use crate::document::{Document, Member};
use crate::fault::{Fault, FaultAt, FaultCode};
use crate::id::CustomerId;
use crate::members::Members;
use crate::timestamp::Timestamp;
use crate::username::Username;

/// The faults of a document that is not a valid customer, with the id and username that identify it in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidCustomer {
    /// The id, if it is valid.
    pub id: Option<CustomerId>,
    /// The username, if it is valid.
    pub username: Option<Username>,
    /// The faults in document order, at most the first 100.
    pub faults: Vec<FaultAt>,
}

impl From<FaultAt> for InvalidCustomer {
    /// A document that cannot be read at all.
    fn from(fault: FaultAt) -> Self {
        Self {
            id: None,
            username: None,
            faults: vec![fault],
        }
    }
}

impl Customer {
    /// Reads a customer with its own id and timestamps. `id`, `username` and `tm_create` are required. The other
    /// fields have the same defaults as for a new customer, and `null` means the same as an empty value.
    ///
    /// # Errors
    /// The document's faults.
    pub fn from_json(json: &[u8]) -> Result<Self, InvalidCustomer> {
        Self::from_members(Members::parse(json)?.0)
    }

    /// Reads a customer as [`from_json`](Self::from_json) does, from the members of an object.
    ///
    /// # Errors
    /// The members' faults.
    pub fn from_members(members: impl IntoIterator<Item = (String, Value)>) -> Result<Self, InvalidCustomer> {
        let (mut document, mut existing) = (Document::default(), Existing::default());
        document.read_members(members, |document, member| existing.read_member(document, member));
        document.require("id", NO_ID);
        document.require("username", "a customer needs a username");
        document.require("tm_create", NO_TM_CREATE);
        existing.into_customer(document.faults)
    }
}

const NO_ID: &str = "an existing customer needs its id";
const NO_TM_CREATE: &str = "an existing customer needs its creation time";

/// The fields read so far: those that callers may write, and those that the service sets.
#[derive(Default)]
struct Existing {
    patch: CustomerPatch,
    id: Option<CustomerId>,
    tm_create: Option<Timestamp>,
    tm_update: Option<Timestamp>,
    tm_delete: Option<Timestamp>,
}

impl Existing {
    fn read_member(&mut self, document: &mut Document, member: &Member) -> bool {
        let Self {
            patch,
            id,
            tm_create,
            tm_update,
            tm_delete,
        } = self;
        match member.key.as_str() {
            "id" => *id = document.text(member, |text| CustomerId::parse(non_empty(text, NO_ID)?)),
            "tm_create" => {
                *tm_create = document.text(member, |text| time(non_empty(text, NO_TM_CREATE)?));
            }
            "tm_update" => *tm_update = document.text(member, |text| unless(text, "", time)).flatten(),
            "tm_delete" => {
                *tm_delete = document
                    .text(member, |text| unless(text, Timestamp::NEVER, Timestamp::parse))
                    .flatten();
            }
            _ => return patch.read_member(document, member),
        }
        true
    }

    fn into_customer(self, faults: Vec<FaultAt>) -> Result<Customer, InvalidCustomer> {
        let Self {
            mut patch,
            id,
            tm_create,
            tm_update,
            tm_delete,
        } = self;
        match (id, patch.username.take(), tm_create) {
            (Some(id), Some(username), Some(tm_create)) if faults.is_empty() => {
                let new = NewCustomer::new(username, patch);
                let tm_update = tm_update.unwrap_or(tm_create);
                Ok(Customer::of(new, id, tm_create, tm_update, tm_delete))
            }
            (id, username, _) => Err(InvalidCustomer { id, username, faults }),
        }
    }
}

fn non_empty<'a>(text: &'a str, absent: &'static str) -> Result<&'a str, Fault> {
    if text.is_empty() {
        return Err(Fault::new(FaultCode::Required, absent));
    }
    Ok(text)
}

/// The time of something that has happened.
fn time(text: &str) -> Result<Timestamp, Fault> {
    if text == Timestamp::NEVER {
        return Err(Fault::new(
            FaultCode::NotAllowed,
            format!("must not be {}, which means never", Timestamp::NEVER),
        ));
    }
    Timestamp::parse(text)
}

/// An optional timestamp, read by `parse`: absent if the text is empty or equals `none`.
fn unless(
    text: &str,
    none: &str,
    parse: impl Fn(&str) -> Result<Timestamp, Fault>,
) -> Result<Option<Timestamp>, Fault> {
    if text.is_empty() || text == none {
        return Ok(None);
    }
    parse(text).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook_method::WebhookMethod;

    const MINIMAL: &str = r#""id":"5e4a0680-804e-11ec-8477-2fea5968d85b","username":"anna","tm_create":"2022-02-01 00:00:00.000000""#;

    fn faults(json: &str) -> Vec<(String, FaultCode)> {
        let invalid = Customer::from_json(json.as_bytes()).unwrap_err();
        let placed = |fault: FaultAt| (fault.pointer, fault.fault.code);
        invalid.faults.into_iter().map(placed).collect()
    }

    #[test]
    fn every_field_but_id_username_and_tm_create_has_a_default() {
        for rest in ["", r#","tm_update":null,"tm_delete":"""#] {
            let customer = Customer::from_json(format!("{{{MINIMAL}{rest}}}").as_bytes()).unwrap();
            assert_eq!(customer.tm_update, customer.tm_create);
            assert_eq!(customer.tm_delete, None);
            assert_eq!(customer.webhook_method, WebhookMethod::default());
        }
    }

    #[test]
    fn timestamps_are_kept_and_the_never_timestamp_means_not_deleted() {
        let json = format!(
            r#"{{{MINIMAL},"tm_update":"2022-02-02 00:00:00.000000","tm_delete":"2022-02-03 00:00:00.000000"}}"#
        );
        let customer = Customer::from_json(json.as_bytes()).unwrap();
        assert_eq!(customer.tm_update.to_string(), "2022-02-02 00:00:00.000000");
        assert_eq!(
            customer.tm_delete.unwrap().to_string(),
            "2022-02-03 00:00:00.000000"
        );
        let json = format!(r#"{{{MINIMAL},"tm_delete":"{}"}}"#, Timestamp::NEVER);
        assert!(!Customer::from_json(json.as_bytes()).unwrap().is_deleted());
    }

    #[test]
    fn a_creation_or_a_change_cannot_have_the_time_that_means_never() {
        for field in ["tm_create", "tm_update"] {
            let mut members = Members::parse(format!("{{{MINIMAL}}}").as_bytes()).unwrap().0;
            members.retain(|(name, _)| name != field);
            members.push((field.to_owned(), Value::from(Timestamp::NEVER)));
            let faults = Customer::from_members(members).unwrap_err().faults;
            let [FaultAt { pointer, fault }] = &faults[..] else {
                panic!("{faults:?}");
            };
            assert_eq!(
                (pointer.as_str(), fault.code),
                (&*format!("/{field}"), FaultCode::NotAllowed)
            );
        }
    }

    #[test]
    fn id_username_and_tm_create_are_required() {
        let required = ["/id", "/username", "/tm_create"].map(|at| (at.to_owned(), FaultCode::Required));
        for json in ["{}", r#"{"id":"","username":null,"tm_create":null}"#] {
            assert_eq!(faults(json), required);
        }
    }

    #[test]
    fn all_faults_are_reported_together_with_a_valid_id_and_username() {
        let json = format!(r#"{{{MINIMAL},"name":7,"tm_update":"now","tm_delete":1,"version":1}}"#);
        let invalid = Customer::from_json(json.as_bytes()).unwrap_err();
        assert_eq!(invalid.username, Some(Username::parse("anna").unwrap()));
        assert!(invalid.id.is_some());
        let expected = [
            ("/name", FaultCode::WrongType),
            ("/tm_update", FaultCode::InvalidFormat),
            ("/tm_delete", FaultCode::WrongType),
            ("/version", FaultCode::UnknownField),
        ];
        assert_eq!(faults(&json), expected.map(|(at, code)| (at.to_owned(), code)));
    }

    #[test]
    fn a_document_that_is_not_an_object_has_exactly_one_fault() {
        assert_eq!(faults("{"), [(String::new(), FaultCode::NotJson)]);
        assert_eq!(faults("[]"), [(String::new(), FaultCode::WrongType)]);
    }
}
