//! The random requests that callers send.

use proptest::collection::vec;
use proptest::prelude::*;

/// One request.
#[derive(Clone, Debug)]
pub struct Step {
    /// What the request does.
    pub action: Action,
    /// A random number that chooses the network fault for a request to the database, if any.
    pub fault: u8,
}

/// The kind of request and its parameters. `who` modulo the number of customers is the index of the customer.
#[derive(Clone, Debug)]
pub enum Action {
    Create {
        username: String,
        key: Option<u8>,
    },
    Get {
        who: usize,
    },
    Update {
        who: usize,
        name: String,
        condition: Condition,
    },
    Rename {
        who: usize,
        username: String,
        condition: Condition,
    },
    Delete {
        who: usize,
        condition: Condition,
    },
    Restore {
        who: usize,
        condition: Condition,
    },
    Erase {
        who: usize,
        condition: Condition,
    },
    Find {
        username: String,
    },
    List {
        deleted: bool,
        page_size: usize,
    },
}

/// The `If-Match` of a write.
#[derive(Clone, Copy, Debug)]
pub enum Condition {
    None,
    Current,
    Stale,
}

/// One of a few usernames, some in two spellings, so that they conflict often.
fn username() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "anna", "Anna", "berta", "BERTA", "carla", "dora", "emma", "Emma",
    ])
    .prop_map(str::to_owned)
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![3 => Just(Condition::None), 2 => Just(Condition::Current), 1 => Just(Condition::Stale)]
}

fn action() -> impl Strategy<Value = Action> {
    let who = any::<usize>;
    prop_oneof![
        4 => (username(), prop::option::of(0..3u8)).prop_map(|(username, key)| Action::Create { username, key }),
        1 => who().prop_map(|who| Action::Get { who }),
        3 => (who(), "[a-z]{0,3}", condition())
            .prop_map(|(who, name, condition)| Action::Update { who, name, condition }),
        3 => (who(), username(), condition())
            .prop_map(|(who, username, condition)| Action::Rename { who, username, condition }),
        2 => (who(), condition()).prop_map(|(who, condition)| Action::Delete { who, condition }),
        2 => (who(), condition()).prop_map(|(who, condition)| Action::Restore { who, condition }),
        2 => (who(), condition()).prop_map(|(who, condition)| Action::Erase { who, condition }),
        1 => username().prop_map(|username| Action::Find { username }),
        1 => (any::<bool>(), 1..4usize).prop_map(|(deleted, page_size)| Action::List { deleted, page_size }),
    ]
}

/// Up to `length` steps.
pub fn sequence(length: usize) -> impl Strategy<Value = Vec<Step>> {
    vec(
        (action(), 0..40u8).prop_map(|(action, fault)| Step { action, fault }),
        length / 2..=length,
    )
}
