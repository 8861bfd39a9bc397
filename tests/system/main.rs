//! The system's parts as they are shipped: binaries, template, contract, and the command that serves it all and moves
//! customers in and out.

mod adversity;
mod binaries;
mod command;
mod contract;
mod cors;
mod crash;
mod database_file;
mod deployment;
mod emulator;
mod endpoint;
mod examples;
mod export;
mod gateway;
mod import;
mod listen;
mod log;
mod permissions;
mod pipeline;
mod reference;
mod secrets;
mod shape;
mod shutdown;
mod smoke;
mod soak;
mod template;
mod watch;
