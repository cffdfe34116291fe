//! One run: from a checked playbook and resolved hosts to a stream of events and a summary.
//!
//! `run` owns a run and orders its events, `executor` takes one host through it, `flow` decides what a host
//! is asked next, `ledger` keeps the count. The engine never prints and never exits; what a person or the
//! store sees goes through [`Sink`].

mod change;
mod host;
pub mod flow;
mod ledger;
mod limit;
pub mod run;

pub use crate::model::sink::Sink;
pub use run::{Approver, Changes, Interrupt, Job, Left, Question, RunError, Sinks, Target, Timeouts, run};
