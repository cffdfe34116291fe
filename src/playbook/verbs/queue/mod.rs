//! The mail queue.

pub mod shared;
pub mod inspect;
pub mod hold;
pub mod release;
pub mod delete;
pub mod restore;
