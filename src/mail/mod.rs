//! The domain: what a mail server and a panel say, read into the words of [`crate::model`].
//!
//! Owns the probes (a POSIX script beside the parser of its output) and the reports that playbooks see.
//! Scripts gather, Rust judges. It must not run anything: it hands out [`Part`](crate::shell::Part)s and reads
//! [`PartOutput`](crate::shell::PartOutput)s. A parser is total and bounded; what it cannot read it counts
//! and names, and never guesses.
//!
//! A mail server is a folder in `mta/` and a line in [`mta::ALL`]; a panel is a folder in `panel/` and a
//! line in [`panel::ALL`].

pub mod log;
pub mod imap;
pub mod account;
pub mod panel;
pub mod mta;
pub mod geo;
pub mod read;
pub mod signals;
pub mod change;
pub mod detect;
pub mod offline;

#[cfg(test)]
mod tests;
