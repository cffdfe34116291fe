//! Sendmail, from 8.12 on.

mod control;
mod id;
mod log;
mod listing;

use super::{Control, Listing, Log, Mta, Queue};
use crate::host::answer::{answer, required};
use crate::host::parse::ParseError;
use crate::host::time::Clock;
use crate::mail::log::{Window, source};
use crate::model::mail::{Origin, SendRecord};
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};
use std::collections::HashMap;
use std::time::Duration;

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

    fn control(&self) -> Option<&'static Control> {
        Some(&control::CONTROL)
    }

    fn log(&self) -> Option<&'static dyn Log> {
        Some(&log::SendmailLog)
    }
}

/// Bytes of a listing that are kept: a message and its recipients take some 200.
const MAX_LISTING: usize = 48 << 20;
/// How far back the log is read for the logins of queued messages, which queue files seldom tell. Sendmail gives up
/// on a message after five days.
const LOOK_BACK: Duration = Duration::from_secs(7 * 86_400);
/// Queue files of one folder that are read.
const MAX_FILES: u32 = 50_000;

impl Queue for Sendmail {
    fn parts(&self, host: &Host, profile: &Profile) -> Vec<Part> {
        let window = Window::new(profile, profile.now, LOOK_BACK);
        vec![
            Part::new(
                "queue.list",
                concat!(include_str!("folders.sh"), include_str!("command.sh"), include_str!("queue.sh")),
            )
            .value("etc", control::ETC)
            .value("limit", MAX_FILES.to_string())
            .max_stdout(MAX_LISTING),
            source::part("queue.log", host, &window, log::SendmailLog.head()),
        ]
    }

    fn read(&self, profile: &Profile, outputs: &[PartOutput]) -> Result<Listing, ParseError> {
        let mut listing = listing::read(&required(outputs, "queue.list", "mail queue")?);
        let Some(log) = answer(outputs, "queue.log", "mail log") else { return Ok(listing) };
        let clock = Clock::new(profile, profile.now);
        let reading = log.bytes.parse(|bytes| Ok::<_, ParseError>(log::SendmailLog.read(bytes, &clock)))?;
        let sent: HashMap<&str, &SendRecord> = reading.records.iter().map(|r| (r.send.id.as_str(), &r.send)).collect();
        for message in listing.messages.iter_mut().filter(|m| m.login.is_none()) {
            let Some(record) = sent.get(message.id.as_str()) else { continue };
            listing.login_read.insert(message.id.clone());
            if let Origin::Login(login) = &record.origin {
                message.login = Some(login.clone());
            }
            listing.clients.extend(record.client_ip.clone().map(|ip| (message.id.clone(), ip)));
        }
        Ok(listing)
    }

    fn is_id(&self, id: &[u8]) -> bool {
        id::is_queue_id(id)
    }

    fn headers(&self, name: &str, then: &str) -> Part {
        Part::new(name, [include_str!("folders.sh"), include_str!("headers.sh"), then].concat())
            .value("etc", control::ETC)
    }
}

#[cfg(test)]
mod tests;
