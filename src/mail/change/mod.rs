//! What is changed on a mail host: what is asked before, done one after the other, and read afterwards.

pub mod queue;
pub mod account;
pub mod evidence;
