//! One run: from a checked playbook and resolved hosts to a stream of events and a summary.

pub mod sink;

pub use sink::Sink;
