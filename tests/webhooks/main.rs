//! Webhooks, from a change to the customer's endpoint: the deployed handlers between a real stream, a real queue and
//! sockets of this machine. What arrives is verified by the crate `standardwebhooks`, which shares no code with ours.

mod addresses;
mod arriving;
mod costs;
mod crowd;
mod disabled;
mod documented;
mod failing;
mod history;
mod killed;
mod listen;
mod noting;
mod page;
mod publishing;
mod receiver;
mod recording;
mod redelivering;
mod unreadable;
