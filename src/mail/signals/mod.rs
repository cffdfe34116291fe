//! From counts to judgements: the signs that an account was stolen or a server is abused.
//!
//! Ten signals, A to J, each a pure function of what was read and of thresholds that a playbook sets. Defaults
//! come from what operators and panels use; `entries.rs` tells each number's origin. A signal carries its
//! numbers and the messages that it saw, never a score; how sure it is follows from how many speak of one account.

mod entries;
mod limits;
mod report;
mod facts;
mod volume;
mod places;
mod clients;
mod names;
mod queue;
mod together;
mod all;
mod exempt;
mod judge;

pub use all::{ALL, Kind, find};
pub use facts::{Baseline, Facts, Names, Need, Usual};
pub use judge::judge;
pub use limits::{LIMITS, Limits};
pub use report::{AccountRow, Confidence, Exempted, SIGNALS_OUTPUT, Signal, SignalsReport};

#[cfg(test)]
mod tests;
