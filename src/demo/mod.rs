//! Many SSH servers in this process, for a first run without any server, for tests and for benchmarks.
//!
//! Owns real SSH on loopback ports with keys made for the moment, and made-up mail hosts behind it whose answers
//! are what the real tools print. It runs nothing on this machine, and it is not a shell: a script's name decides
//! what it answers.

mod clock;
mod machine;
mod queue;
mod mail_log;
mod command;
mod answer;
mod scenario;
mod served;
mod session;
mod server;
mod servers;

pub use scenario::{Behaviour, Scenario, hosts};
pub use servers::Demo;

#[cfg(test)]
mod tests;
