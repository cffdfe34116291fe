//! The contract of a verb: what it is, what it may ask, and what it says.
//!
//! A verb that reads offers shell parts and a pure reader of their output. It runs nothing itself.

pub mod mode;
pub mod ctx;
pub mod reading;
pub mod changing;
pub mod entry;

pub use ctx::{Ctx, Failure, Refusal};
pub(crate) use ctx::{parts_of, report_of, since};
pub(crate) use entry::changes;
pub use entry::{Body, Verb};
pub use mode::Class;
pub use reading::{Gaps, Reading};
