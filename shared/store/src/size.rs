use customer::{Customer, FieldValue};

/// How large a customer is, in bytes: the texts that a caller chose, and enough for the rest.
pub fn text_size(customer: &Customer) -> usize {
    const REST: usize = 500;
    const PERMISSION: usize = 40;
    let sizes = customer.values().map(|value| match value {
        FieldValue::Text(text) => text.len(),
        FieldValue::Secret { clear, .. } => clear.len(),
        FieldValue::Ids(ids) => PERMISSION * ids.len(),
    });
    sizes.iter().sum::<usize>() + REST
}
