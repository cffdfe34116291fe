//! Accounts, and what they have open.

pub mod list;
pub mod change;
