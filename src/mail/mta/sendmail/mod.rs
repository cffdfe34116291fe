//! Sendmail, from 8.12 on.

mod id;
mod listing;
mod log;

use super::{Listing, Log, Mta, Queue};
use crate::mail::ParseError;
use crate::mail::output::answer;
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};

pub struct Sendmail;

impl Mta for Sendmail {
    fn name(&self) -> &'static str {
        "sendmail"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }

    fn queue(&self) -> Option<&'static dyn Queue> {
        Some(&Sendmail)
    }

    fn log(&self) -> Option<&'static dyn Log> {
        Some(&log::SendmailLog)
    }
}

/// Bytes of a listing that are kept: a message and its recipients take some 200.
const MAX_LISTING: usize = 48 << 20;
/// Queue files of one folder that are read.
const MAX_FILES: u32 = 50_000;

impl Queue for Sendmail {
    fn parts(&self, _: &Host, _: &Profile) -> Vec<Part> {
        vec![
            Part::new("queue.list", include_str!("queue.sh"))
                .value("etc", "/etc/mail /etc")
                .value("limit", MAX_FILES.to_string())
                .max_stdout(MAX_LISTING),
        ]
    }

    fn read(&self, _: &Profile, outputs: &[PartOutput]) -> Result<Listing, ParseError> {
        let list = answer(outputs, "queue.list", "mail queue");
        Ok(listing::read(&list.ok_or_else(|| ParseError::new("mail queue", 0, "there is no answer"))?))
    }
}

#[cfg(test)]
mod tests;
