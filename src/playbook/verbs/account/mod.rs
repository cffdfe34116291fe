//! Accounts, and what they have open.

pub mod shared;
pub mod list;
pub mod set_password;
pub mod disable;
pub mod enable;
pub mod limit;
pub mod delete;
pub mod restore;
pub mod sessions_cut;
