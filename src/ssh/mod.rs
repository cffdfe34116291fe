//! SSH.
pub mod known_hosts;
