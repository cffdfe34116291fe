//! What is judged, and how a playbook goes on.

pub mod finding;
pub mod flow;
