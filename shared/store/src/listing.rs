use customer::Customer;

/// Which list a customer is in: the partition key of the index `listing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Customers that are not deleted.
    Live,
    /// Deleted customers.
    Deleted,
}

impl Listing {
    /// The list that a customer is in.
    pub fn of(customer: &Customer) -> Self {
        if customer.is_deleted() {
            Self::Deleted
        } else {
            Self::Live
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Live => Self::Deleted,
            Self::Deleted => Self::Live,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Deleted => "deleted",
        }
    }
}
