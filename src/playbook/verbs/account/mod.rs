//! Accounts and their sessions.

pub mod list;
pub mod change;
