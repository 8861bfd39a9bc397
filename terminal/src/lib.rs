//! What an operator asks a registry from a terminal: a customer, the list of customers, a customer's events. Tables are
//! for people, JSON is for programs.
//!
//! | module | holds |
//! |---|---|
//! | `arguments` | which registry, which customer, which pages, and the credentials in the environment |
//! | `registry` | the calls, and what is said of a call that fails |
//! | `get` | the command `get` |
//! | `list`, `events` | the commands `list` and `events`: the columns, and what a row has in them |
//! | `pages` | showing a list as its pages arrive |
//! | `record` | a record as the API answers it, with its secrets masked |
//! | `table` | rows in columns that a terminal has room for |
//! | `screen` | what is written where |

mod arguments;
mod events;
mod get;
mod list;
mod pages;
mod record;
mod registry;
mod screen;
mod table;

use std::io;
use std::process::ExitCode;

use anyhow::Result;

pub use self::arguments::Access;
pub use self::events::EventsArguments;
pub use self::get::GetArguments;
pub use self::list::ListArguments;

/// Shows a customer.
///
/// # Errors
/// A sentence that says why it cannot be shown.
pub async fn get(arguments: GetArguments, access: Access) -> Result<ExitCode> {
    ended(get::run(arguments, access).await)
}

/// Shows the list of customers.
///
/// # Errors
/// A sentence that says why it cannot be shown, or not to its end.
pub async fn list(arguments: ListArguments, access: Access) -> Result<ExitCode> {
    ended(list::run(arguments, access).await)
}

/// Shows a customer's events.
///
/// # Errors
/// A sentence that says why they cannot be shown, or not all of them.
pub async fn events(arguments: EventsArguments, access: Access) -> Result<ExitCode> {
    ended(events::run(arguments, access).await)
}

/// It is no error if the reader of a pipe has seen enough, as `head` does.
fn ended(result: Result<()>) -> Result<ExitCode> {
    match result {
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        result => result.map(|()| ExitCode::SUCCESS),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
