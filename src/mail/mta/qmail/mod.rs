//! qmail: netqmail, notqmail and their kind, and the one that Plesk brings.

mod control;
mod id;
mod listing;
mod log;

use super::{Control, Listing, Log, Mta, Queue};
use crate::host::answer::{answer, required};
use crate::host::parse::ParseError;
use crate::host::time::Clock;
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};

pub struct Qmail;

impl Mta for Qmail {
    fn name(&self) -> &'static str {
        "qmail"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }

    fn queue(&self) -> Option<&'static dyn Queue> {
        Some(&Qmail)
    }

    fn control(&self) -> Option<&'static Control> {
        Some(&control::CONTROL)
    }

    fn log(&self) -> Option<&'static dyn Log> {
        Some(&log::QmailLog)
    }
}

/// Bytes of a listing that are kept: a message and its recipients take some 150.
const MAX_LISTING: usize = 48 << 20;
/// Messages whose first lines are read.
const MAX_HEADS: u32 = 50_000;

impl Queue for Qmail {
    fn parts(&self, _: &Host, _: &Profile) -> Vec<Part> {
        vec![
            Part::new("queue.list", include_str!("queue.sh")).value("home", control::HOME).max_stdout(MAX_LISTING),
            Part::new("queue.spool", include_str!("spool.sh"))
                .value("home", control::HOME)
                .value("limit", MAX_HEADS.to_string())
                .value("most", listing::MAX_TODO.to_string())
                .max_stdout(16 << 20),
        ]
    }

    fn read(&self, profile: &Profile, outputs: &[PartOutput]) -> Result<Listing, ParseError> {
        let list = required(outputs, "queue.list", "mail queue")?;
        let spool = answer(outputs, "queue.spool", "queue files");
        Ok(listing::read(&list, spool.as_ref(), &Clock::new(profile, profile.now)))
    }

    fn is_id(&self, id: &[u8]) -> bool {
        id::is_message_number(id)
    }

    fn headers(&self, name: &str, then: &str) -> Part {
        Part::new(name, [include_str!("headers.sh"), then].concat()).value("home", control::HOME)
    }
}

#[cfg(test)]
mod tests;
