//! Files and programs of this machine that fleet reads: whose they are, before they are obeyed, and the bounds within
//! which they are read.

pub mod trust;
pub mod read;
pub mod program;
