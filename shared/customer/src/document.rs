//! Reads the members of a document into fields, and collects every fault on the way.

use serde_json::Value;

use crate::customer::CustomerPatch;
use crate::detail::Detail;
use crate::fault::{Fault, FaultAt, FaultCode, MAX_FAULTS, pointer_to};
use crate::name::Name;
use crate::permission::{MAX_PERMISSIONS, PermissionId};
use crate::secret::{LineSecret, LineToken};
use crate::username::Username;
use crate::webhook_method::WebhookMethod;
use crate::webhook_uri::WebhookUri;

/// The state of reading one document.
#[derive(Default)]
pub(crate) struct Document {
    /// The faults in document order, at most [`MAX_FAULTS`].
    pub(crate) faults: Vec<FaultAt>,
    /// The fields that the document has.
    seen: Vec<String>,
}

/// One member of a document: a key and its value.
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) value: Value,
}

impl Document {
    /// Passes every member to `read`, which returns whether a field has this name. A repeated or unknown key is a
    /// fault.
    pub(crate) fn read_members(
        &mut self,
        members: impl IntoIterator<Item = (String, Value)>,
        mut read: impl FnMut(&mut Self, &Member) -> bool,
    ) {
        for (key, value) in members {
            let pointer = pointer_to(&key);
            if self.seen.contains(&key) {
                let repeated = "the object has this key twice";
                self.fault(Fault::new(FaultCode::Repeated, repeated).at(pointer));
                continue;
            }
            let member = Member { key, value };
            if read(self, &member) {
                self.seen.push(member.key);
            } else {
                let unknown = "a customer has no such field";
                self.fault(Fault::new(FaultCode::UnknownField, unknown).at(pointer));
            }
        }
    }

    /// Adds a fault, unless there are [`MAX_FAULTS`] already.
    pub(crate) fn fault(&mut self, fault: FaultAt) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        }
    }

    /// Adds a fault if the document has no field `key`.
    pub(crate) fn require(&mut self, key: &str, detail: &'static str) {
        if !self.seen.iter().any(|seen| seen == key) {
            self.fault(Fault::new(FaultCode::Required, detail).at(pointer_to(key)));
        }
    }

    /// Parses a string; `null` counts as the empty string. A faulty value is `None`, and its fault is added.
    pub(crate) fn text<'m, T>(
        &mut self,
        member: &'m Member,
        parse: impl FnOnce(&'m str) -> Result<T, Fault>,
    ) -> Option<T> {
        let parsed = match &member.value {
            Value::String(text) => parse(text),
            Value::Null => parse(""),
            _ => Err(Fault::new(FaultCode::WrongType, "must be a string")),
        };
        parsed
            .map_err(|fault| self.fault(fault.at(pointer_to(&member.key))))
            .ok()
    }

    /// Reads a list of permission ids; `null` counts as the empty list. Adds a fault for the list or for each faulty
    /// id in it.
    fn permissions(&mut self, member: &Member) -> Option<Vec<PermissionId>> {
        let pointer = pointer_to(&member.key);
        let values = match &member.value {
            Value::Array(values) => &values[..],
            Value::Null => &[],
            _ => {
                let fault = Fault::new(FaultCode::WrongType, "must be an array of permission ids");
                self.fault(fault.at(pointer));
                return None;
            }
        };
        if values.len() > MAX_PERMISSIONS {
            let fault = Fault::new(FaultCode::TooLong, "must hold at most 100 permission ids");
            self.fault(fault.at(pointer));
            return None;
        }
        let mut ids = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            match permission(value, &ids) {
                Ok(id) => ids.push(id),
                Err(fault) => self.fault(fault.at(format!("{pointer}/{index}"))),
            }
        }
        Some(ids)
    }
}

fn permission(value: &Value, earlier: &[PermissionId]) -> Result<PermissionId, Fault> {
    let Value::String(text) = value else {
        return Err(Fault::new(FaultCode::WrongType, "must be a string"));
    };
    let id = PermissionId::parse(text)?;
    if !id.is_in_catalogue() {
        return Err(Fault::new(
            FaultCode::NotAllowed,
            "is no permission: GET /permissions lists them",
        ));
    }
    if earlier.contains(&id) {
        return Err(Fault::new(FaultCode::Repeated, "is already in the list"));
    }
    Ok(id)
}

impl CustomerPatch {
    /// Reads the member if callers may write its field. Returns whether they may.
    pub(crate) fn read_member(&mut self, document: &mut Document, member: &Member) -> bool {
        let Self {
            username,
            name,
            detail,
            webhook_method,
            webhook_uri,
            line_secret,
            line_token,
            permission_ids,
        } = self;
        match member.key.as_str() {
            "username" => *username = document.text(member, Username::parse),
            "name" => *name = document.text(member, Name::parse),
            "detail" => *detail = document.text(member, Detail::parse),
            "webhook_method" => *webhook_method = document.text(member, WebhookMethod::parse),
            "webhook_uri" => *webhook_uri = document.text(member, WebhookUri::parse),
            "line_secret" => *line_secret = document.text(member, LineSecret::parse),
            "line_token" => *line_token = document.text(member, LineToken::parse),
            "permission_ids" => *permission_ids = document.permissions(member),
            _ => return false,
        }
        true
    }
}
