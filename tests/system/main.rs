//! The system's parts as they are shipped: binaries, template, contract, and the command that serves it all and moves
//! customers in and out.

mod adversity;
mod binaries;
mod command;
mod contract;
mod crash;
mod deployment;
mod emulator;
mod export;
mod import;
mod log;
mod permissions;
mod pipeline;
mod reference;
mod secrets;
mod shape;
mod soak;
mod template;
mod watch;
