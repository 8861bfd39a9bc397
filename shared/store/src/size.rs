use customer::{Customer, FieldValue};

/// An upper estimate of a customer's size in bytes: its texts, and an allowance for everything else.
pub fn text_size(customer: &Customer) -> usize {
    const OVERHEAD: usize = 500;
    const PERMISSION_ID: usize = 40;
    let sizes = customer.values().map(|value| match value {
        FieldValue::Text(text) => text.len(),
        FieldValue::Secret { clear, .. } => clear.len(),
        FieldValue::Ids(ids) => PERMISSION_ID * ids.len(),
    });
    sizes.iter().sum::<usize>() + OVERHEAD
}
