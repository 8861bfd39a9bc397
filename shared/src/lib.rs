//! The Customer model and what every function of the registry needs.
//!
//! One module holds one concept, and arrows point one way: a function uses [`api`], which uses [`store`], which
//! uses [`customer`]. The model knows neither HTTP nor AWS.
//!
//! | module | holds |
//! |---|---|
//! | [`customer`] | the model: a customer's 12 fields, each of a type that cannot hold a bad value |
//! | [`permission`] | the permission catalogue |
//! | [`store`] | customers in DynamoDB |
//! | [`caller`] | who calls, and what they may do |
//! | [`api`] | requests, answers, entity tags, problems |
//! | [`start`] | the cold start: settings, connection, log |

pub mod api;
pub mod caller;
pub mod customer;
pub mod permission;
pub mod start;
pub mod store;
