//! Postfix, from 2.3 on.

mod control;
mod id;
mod queue_json;
mod queue_text;
mod listing;
mod log;

use super::{Control, Listing, Log, Mta, Queue};
use crate::host::answer::{answer, required};
use crate::host::parse::ParseError;
use crate::host::time::Clock;
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};

pub struct Postfix;

impl Mta for Postfix {
    fn name(&self) -> &'static str {
        "postfix"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }

    fn queue(&self) -> Option<&'static dyn Queue> {
        Some(&Postfix)
    }

    fn control(&self) -> Option<&'static Control> {
        Some(&control::CONTROL)
    }

    fn log(&self) -> Option<&'static dyn Log> {
        Some(&log::PostfixLog)
    }
}

/// Bytes of a listing that are kept: 5,000 messages take 1.2 MB.
const MAX_LISTING: usize = 48 << 20;
/// Queue files that are opened for their login.
const MAX_FILES: u32 = 50_000;

impl Queue for Postfix {
    fn parts(&self, _: &Host, _: &Profile) -> Vec<Part> {
        vec![
            Part::new("queue.list", include_str!("queue.sh")).max_stdout(MAX_LISTING),
            Part::new("queue.spool", include_str!("spool.sh"))
                .value("limit", MAX_FILES.to_string())
                .max_stdout(16 << 20),
        ]
    }

    fn read(&self, profile: &Profile, outputs: &[PartOutput]) -> Result<Listing, ParseError> {
        let list = required(outputs, "queue.list", "mail queue")?;
        let mut listing = listing::read_queue(&list, &Clock::new(profile, profile.now))?;
        let Some(files) = answer(outputs, "queue.spool", "queue files") else {
            listing.incomplete.push("queue files: no response".to_owned());
            return Ok(listing);
        };
        let spool = listing::read_spool(&files);
        for message in &mut listing.messages {
            if let Some((login, client)) = spool.logins.get(&message.id) {
                listing.login_read.insert(message.id.clone());
                message.login.clone_from(login);
                listing.clients.extend(client.clone().map(|ip| (message.id.clone(), ip)));
            }
        }
        let files = spool.counts.values().fold(0, |sum: u64, n| sum.saturating_add(*n));
        let read = spool.logins.len() as u64;
        // A message may come or go between the two readings; a larger gap was the limit.
        if files > read && read >= u64::from(MAX_FILES) {
            listing.incomplete.push(format!("logins: {read} of {files} queue files were read"));
        }
        listing.refused += spool.refused;
        listing.incomplete.extend(spool.incomplete);
        Ok(listing)
    }

    fn is_id(&self, id: &[u8]) -> bool {
        id::is_queue_id(id)
    }

    fn headers(&self, name: &str, then: &str) -> Part {
        Part::new(name, [include_str!("headers.sh"), then].concat())
    }
}

#[cfg(test)]
mod tests;
