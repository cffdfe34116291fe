//! What the panels share when they list accounts and change them.

pub mod build;
pub mod details;
pub mod script;
