//! `fleet` audits and rescues mail servers over SSH, many at once.
//!
//! The rooms stand below, lowest first. The rule of the house: a room uses only rooms above it in this list.

pub mod model;
pub mod inventory;
pub mod shell;
pub mod host;
pub mod mail;
pub mod playbook;
pub mod local;
pub mod ssh;
pub mod secret;
pub mod engine;
pub mod store;
pub mod report;
pub mod demo;
pub mod cli;
