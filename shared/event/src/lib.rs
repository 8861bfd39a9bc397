//! Events: what is published about a change, its signature, and the queue in which deliveries wait.
//!
//! | module | holds |
//! |---|---|
//! | `event` | an event, made of a customer before and after a write |
//! | `signature` | the signature of a webhook |
//! | `deliveries` | the queue of events for customers' webhooks |

mod deliveries;
mod event;
mod signature;

pub use crate::deliveries::{Deliveries, Delivery, QueueError};
pub use crate::event::{Event, EventType};
pub use crate::signature::signature;
