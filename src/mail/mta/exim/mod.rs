//! Exim, 4.80 to 4.99, under its own name and as Debian's `exim4`.

mod control;
mod id;
mod log;
mod queue;

use super::{Control, Listing, Log, Mta, Queue};
use crate::host::answer::{answer, required};
use crate::host::parse::ParseError;
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};

pub struct Exim;

impl Mta for Exim {
    fn name(&self) -> &'static str {
        "exim"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }

    fn queue(&self) -> Option<&'static dyn Queue> {
        Some(&Exim)
    }

    fn control(&self) -> Option<&'static Control> {
        Some(&control::CONTROL)
    }

    fn log(&self) -> Option<&'static dyn Log> {
        Some(&log::EximLog)
    }
}

/// Bytes of a listing that are kept: 5,000 messages take 1 MB.
const MAX_LISTING: usize = 48 << 20;
/// Queue files that are opened for their login.
const MAX_FILES: u32 = 50_000;

impl Queue for Exim {
    fn parts(&self, _: &Host, _: &Profile) -> Vec<Part> {
        vec![
            Part::new("queue.list", include_str!("queue.sh")).max_stdout(MAX_LISTING),
            Part::new("queue.spool", concat!(include_str!("folder.sh"), include_str!("spool.sh")))
                .value("limit", MAX_FILES.to_string())
                .max_stdout(16 << 20),
        ]
    }

    fn read(&self, profile: &Profile, outputs: &[PartOutput]) -> Result<Listing, ParseError> {
        let list = required(outputs, "queue.list", "mail queue")?;
        let mut listing = queue::read_list(&list, profile.now)?;
        let Some(files) = answer(outputs, "queue.spool", "queue files") else {
            listing.incomplete.push("queue files: no response".to_owned());
            return Ok(listing);
        };
        let spool = queue::read_spool(&files);
        for message in &mut listing.messages {
            if let Some(file) = spool.files.get(&message.id) {
                listing.login_read.insert(message.id.clone());
                message.login.clone_from(&file.login);
                // The listing tells an age in minutes, hours or days.
                message.arrival = file.received.unwrap_or(message.arrival);
                listing.clients.extend(file.client.clone().map(|ip| (message.id.clone(), ip)));
            }
        }
        if spool.files.len() as u64 >= u64::from(MAX_FILES) {
            listing.incomplete.push(format!("logins: only {MAX_FILES} queue files were read"));
        }
        listing.refused += spool.refused;
        listing.incomplete.extend(spool.incomplete);
        Ok(listing)
    }

    fn is_id(&self, id: &[u8]) -> bool {
        id::is_id(id)
    }

    fn headers(&self, name: &str, then: &str) -> Part {
        Part::new(name, [include_str!("folder.sh"), include_str!("headers.sh"), then].concat())
    }
}

#[cfg(test)]
mod tests;
