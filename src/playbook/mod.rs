//! The playbook language: text to checked steps, expressions, parameters, and the table of verbs.
//!
//! Pure: it contacts nothing, reads no file and no clock. Everything that can be known before a host is
//! contacted is checked when a playbook is loaded. What a host sent is a value in expressions, and is never
//! parsed as one.

pub mod verb;
pub mod verbs;
pub mod language;

pub use language::doc::{json_schema, verb_help, verbs_doc};
pub use language::expr::{EvalError, Expr};
pub use language::grammar::Need;
pub use language::literal::{Literal, LiteralStep};
pub use language::load::load;
pub use language::param::{Given, Param};
pub use language::params::Params;
pub use language::playbook::Playbook;
pub use language::scope::Scope;
pub use language::settings::{Amount, Limits, MaxFail, Rollout, Timeouts};
pub use language::step::{Because, Step, Verdict};
pub use verb::mode::Mode;

#[cfg(test)]
mod tests;
