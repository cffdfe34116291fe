//! The mail queue: how much waits, whose it is, and why.

mod report;

use super::mta::{self, Listing};
use super::{ParseError, Support, mta_not_yet};
use crate::model::{Host, Profile};
use crate::shell::PartOutput;

pub use report::{DomainRow, LoginRow, QUEUE_OUTPUT, QueueReport, ReasonRow, SenderRow, report};

/// What the caller asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueArgs {
    /// Rows of each list.
    pub top: usize,
}

impl Default for QueueArgs {
    fn default() -> Self {
        Self { top: 20 }
    }
}

/// What to run for the queue.
pub fn parts(host: &Host, profile: &Profile, _: &QueueArgs) -> Support {
    match mta::find(profile.mta()).and_then(|m| m.queue()) {
        Some(queue) => Support::Yes(queue.parts(host, profile)),
        None => Support::NotYet(mta_not_yet(profile.mta())),
    }
}

/// The messages themselves.
///
/// # Errors
/// When there is no answer at all, or the mail server is not supported.
pub fn list(profile: &Profile, outputs: &[PartOutput]) -> Result<Listing, ParseError> {
    let queue = mta::find(profile.mta()).and_then(|m| m.queue());
    queue.ok_or_else(|| ParseError::new("mail queue", 0, mta_not_yet(profile.mta())))?.read(profile, outputs)
}

/// The report that playbooks see. Ages are by the host's clock.
///
/// # Errors
/// As [`list`].
pub fn read(_: &Host, profile: &Profile, args: &QueueArgs, outputs: &[PartOutput]) -> Result<QueueReport, ParseError> {
    Ok(report(&list(profile, outputs)?, profile.now, args.top))
}
