//! The words that every room speaks.
//!
//! Pure: no I/O, no clock, no randomness. What stands here is owned data, its
//! grammar and its wording for machines; nothing here knows how a value was got.

pub mod untrusted;
pub mod near;
pub mod counted;
pub mod problem;
pub mod yaml;
pub mod duration;
pub mod secret;
pub mod host;
pub mod mail;
pub mod schema;
pub mod outcome;
pub mod profile;
pub mod fault;
pub mod finding;
pub mod change;
pub mod event;
pub mod exit;
pub mod sink;
pub mod source;

pub use change::{Change, Op, Row, RowEnd, RowResult};
pub use event::{ChangeResult, Event, EventKind, Exit, RunId, RunInfo, RunKind, StepRef, Summary};
pub use fault::Fault;
pub use finding::{Finding, Level};
pub use host::{Host, HostName, SecretRef, Sudo};
pub use outcome::{HostStatus, Outcome};
pub use problem::{Problem, Problems};
pub use profile::Profile;
pub use secret::Secret;
pub use sink::Sink;
pub use source::Source;
pub use untrusted::HostBytes;
