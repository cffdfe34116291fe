//! What is true of any host, and not of mail: answers of scripts and their grammar, time, networks, acts and what scripts
//! say of them, files, services, maintenance dates.
//!
//! Pure, like the rooms around it: it hands out [`Part`](crate::shell::Part)s and reads
//! [`PartOutput`](crate::shell::PartOutput)s. A parser is total and bounded; what it cannot read it counts and names, and
//! never guesses.

pub mod parse;
pub mod time;
pub mod nets;
pub mod ask;
pub mod answer;
pub mod act;
pub mod file;
pub mod service;
pub mod os_support;
