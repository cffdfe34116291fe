//! Programs on a host: `command` and `script`.

pub mod shared;
pub mod change;
pub mod command;
pub mod script;
