//! `fleet` audits and rescues mail servers over SSH, many at once.
//!
//! The rooms stand below, lowest first. The rule of the house: a room uses only rooms above it in this list.

pub mod model;
pub mod inventory;
pub mod shell;
pub mod mail;
pub mod playbook;
pub mod engine;
