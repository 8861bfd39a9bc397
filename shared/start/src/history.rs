use store::{CustomerStore, History};

use crate::environment::required;

/// The history in the table that `EVENTS_TABLE` names, over the connection of `store`.
///
/// # Errors
/// A sentence if the variable is not set.
pub fn history_of(store: &CustomerStore) -> Result<History, lambda_http::Error> {
    let table = required("EVENTS_TABLE").map_err(|error| error.to_string())?;
    Ok(store.history(table))
}

/// For how many days an event stays in the history, from `HISTORY_DAYS`.
///
/// # Errors
/// A sentence if it is missing or not a number.
pub fn history_days() -> Result<u32, lambda_http::Error> {
    let days = required("HISTORY_DAYS").map_err(|error| error.to_string())?;
    Ok(days.parse().map_err(|_| "HISTORY_DAYS is not a number of days")?)
}
