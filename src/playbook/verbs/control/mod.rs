//! What is judged, and how a playbook goes on.

pub mod finding;
pub mod findings;
pub mod incomplete;
pub mod flow;
