//! The mail queue.

pub mod inspect;
pub mod change;
