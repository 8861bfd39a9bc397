//! The permission catalogue: all permissions that exist, compiled into the program.

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;
use uuid::Uuid;

use crate::fault::Fault;
use crate::id::parse_uuid;
use crate::timestamp::Timestamp;

/// The most permissions that a customer can have.
pub(crate) const MAX_PERMISSIONS: usize = 100;

/// A permission's identifier: a UUID (RFC 9562).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct PermissionId(Uuid);

impl PermissionId {
    /// Reads the hyphenated form. It does not check that the permission exists:
    /// [`is_in_catalogue`](Self::is_in_catalogue) does.
    ///
    /// # Errors
    /// A fault for any other form.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        parse_uuid(text).map(Self)
    }

    /// Whether the catalogue holds this permission.
    pub fn is_in_catalogue(self) -> bool {
        catalogue().iter().any(|permission| permission.id == self)
    }
}

impl fmt::Display for PermissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// One permission of the catalogue.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Permission {
    /// What a customer's `permission_ids` refer to.
    pub id: PermissionId,
    /// A short name.
    pub name: String,
    /// What it allows.
    pub detail: String,
    /// When it was created.
    pub tm_create: Timestamp,
    /// When it was last updated.
    pub tm_update: Timestamp,
}

/// Every permission, in the order of `permissions.json`.
pub fn catalogue() -> &'static [Permission] {
    // The file is compiled in, and the tests read it.
    static CATALOGUE: LazyLock<Vec<Permission>> =
        LazyLock::new(|| serde_json::from_str(include_str!("../permissions.json")).unwrap_or_default());
    &CATALOGUE
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_catalogue_is_valid_and_its_ids_and_names_are_unique() {
        let ids: HashSet<_> = catalogue().iter().map(|one| one.id.to_string()).collect();
        let names: HashSet<_> = catalogue().iter().map(|one| &one.name).collect();
        assert_eq!((ids.len(), names.len()), (catalogue().len(), catalogue().len()));
    }

    #[test]
    fn admin_keeps_its_reserved_id() {
        let id = PermissionId::parse("03796e14-7cb4-11ec-9dba-e72023efd1c6").unwrap();
        let admin = catalogue().iter().find(|one| one.id == id).unwrap();
        assert_eq!(admin.name, "admin");
        assert!(id.is_in_catalogue());
    }

    #[test]
    fn a_uuid_outside_the_catalogue_is_a_valid_id_but_not_a_permission() {
        let id = PermissionId::parse("5e4a0680-804e-11ec-8477-2fea5968d85b").unwrap();
        assert!(!id.is_in_catalogue());
    }
}
