//! Tests of the system's parts as they are shipped: the binaries, the template, the contract, and the command
//! `customers` with its subcommands.

mod binaries;
mod command;
mod contract;
mod cors;
mod crash;
mod database_file;
mod dependencies;
mod deployment;
mod emulator;
mod endpoint;
mod examples;
mod export;
mod failures;
mod gateway;
mod import;
mod links;
mod listen;
mod log;
mod monitoring;
mod permissions;
mod pipeline;
mod reference;
mod runbooks;
mod secrets;
mod shutdown;
mod smoke;
mod soak;
mod table;
mod template;
mod terminal;
mod unread;
