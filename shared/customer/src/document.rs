//! A document that is being read: which members it has, what is wrong with it, and what a field says.

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

/// What has been read of a document so far.
#[derive(Default)]
pub(crate) struct Document {
    /// The faults in their order, up to the first [`MAX_FAULTS`].
    pub(crate) faults: Vec<FaultAt>,
    seen: Vec<String>,
}

/// One member of a document: a key and its value.
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) value: Value,
}

impl Document {
    /// Reads every member with `read`, which knows the fields and returns whether there is such a field.
    pub(crate) fn read_members(
        &mut self,
        members: impl IntoIterator<Item = (String, Value)>,
        mut read: impl FnMut(&mut Self, &Member) -> bool,
    ) {
        for (key, value) in members {
            let pointer = pointer_to(&key);
            if self.seen.contains(&key) {
                let repeated = "the key stands in the object twice";
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

    /// Adds a fault unless there are too many.
    pub(crate) fn fault(&mut self, fault: FaultAt) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        }
    }

    /// Adds a fault if there was no such member.
    pub(crate) fn require(&mut self, key: &str, detail: &'static str) {
        if !self.seen.iter().any(|seen| seen == key) {
            self.fault(Fault::new(FaultCode::Required, detail).at(pointer_to(key)));
        }
    }

    /// A text; `null` is the empty text. `None` if it is faulty.
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

    /// The list of permissions; `null` is the empty list. `None` if it is faulty.
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
        return Err(Fault::new(FaultCode::Repeated, "stands in the list already"));
    }
    Ok(id)
}

impl CustomerPatch {
    /// Reads a member that a caller may write; returns whether it is one.
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
