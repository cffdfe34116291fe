//! What is judged, and how a playbook goes on.

pub mod finding;
pub mod stop;
pub mod assert;
pub mod confirm;
pub mod include;
