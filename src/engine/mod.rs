//! One run: from a checked playbook and resolved hosts to a stream of events and a summary.
//!
//! `run` starts the hosts, `recorder` orders their events, `host` takes one host through it, `flow` decides what a host
//! is asked next, `ledger` keeps the count. The engine never prints and never exits; what a person or the store sees goes
//! through [`Sink`](crate::model::Sink).

mod job;
mod slots;
mod limit;
mod ledger;
mod recorder;
mod host_events;
pub mod flow;
mod change;
mod host;
pub mod run;

pub use crate::model::sink::Sink;
pub use job::{Approver, Changes, Interrupt, Job, Overtaken, PriorChange, Question, RunError, Sinks, Target, Timeouts};
pub use run::run;
