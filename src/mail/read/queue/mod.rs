//! The mail queue: how much waits, whose it is, and why.

mod samples;
mod report;

use crate::host::answer::answer;
use crate::host::ask::Support;
use crate::host::parse::ParseError;
use crate::mail::mta::mta_not_yet;
use crate::mail::mta::{self, Listing};
use crate::model::{Host, Profile};
use crate::shell::PartOutput;

pub use report::{DomainRow, LoginRow, QUEUE_OUTPUT, QueueReport, ReasonRow, SenderDomainRow, SenderRow, report};
pub use samples::QueueSample;

/// What the caller asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueArgs {
    /// Rows of each list.
    pub top: usize,
    /// Messages whose headers are shown; none unless they are asked for.
    pub samples: usize,
}

impl Default for QueueArgs {
    fn default() -> Self {
        Self { top: 20, samples: 0 }
    }
}

/// What to run for the queue.
pub fn parts(host: &Host, profile: &Profile, args: &QueueArgs) -> Support {
    let Some(queue) = mta::find(profile.mta()).and_then(|m| m.queue()) else {
        return Support::NotYet(mta_not_yet(profile.mta()));
    };
    let mut parts = queue.parts(host, profile);
    parts.extend((args.samples > 0).then(|| samples::part(queue, args.samples)));
    Support::Yes(parts)
}

fn find(profile: &Profile) -> Result<&'static dyn mta::Queue, ParseError> {
    let queue = mta::find(profile.mta()).and_then(|m| m.queue());
    queue.ok_or_else(|| ParseError::new("mail queue", 0, mta_not_yet(profile.mta())))
}

/// The messages themselves.
///
/// # Errors
/// When there is no answer at all, or the mail server is not supported.
pub fn list(profile: &Profile, outputs: &[PartOutput]) -> Result<Listing, ParseError> {
    find(profile)?.read(profile, outputs)
}

/// The report that playbooks see. Ages are by the host's clock.
///
/// # Errors
/// As [`list`].
pub fn read(_: &Host, profile: &Profile, args: &QueueArgs, outputs: &[PartOutput]) -> Result<QueueReport, ParseError> {
    let queue = find(profile)?;
    let mut listing = queue.read(profile, outputs)?;
    let mut incomplete = std::mem::take(&mut listing.incomplete);
    let samples = match args.samples {
        0 => Vec::new(),
        count => {
            let answer = answer(outputs, "queue.samples", "samples");
            samples::read(queue, answer.as_ref(), &listing, count, &mut incomplete)
        }
    };
    listing.incomplete = incomplete;
    Ok(QueueReport { samples, ..report(&listing, profile.now, args.top) })
}

#[cfg(test)]
mod tests;
