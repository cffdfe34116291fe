//! Mail logs: where they are, how their lines are cut, and what a mail server's reader makes of them.
//!
//! A log holds text of attackers (senders, HELO names, message ids, remote replies). Lines are read from the
//! left with exact prefixes, or from the right where only the right end is the server's own; nothing is ever
//! searched for in the middle of a line.

mod fate;
pub mod ids;
mod refusals;
pub mod syslog;
pub mod source;

use crate::host::parse::text;
use crate::host::time::{Clock, before, rfc3339};
use crate::model::Profile;
use crate::model::mail::SendRecord;
use serde::Serialize;

pub use fate::{Fate, Fates};
pub use refusals::{Refusal, Refusals};
use std::time::Duration;
use syslog::Line;

/// One message of the log, with what [`SendRecord`] has no room for.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRecord {
    /// What every mail server's log tells.
    pub send: SendRecord,
    /// Recipients served on this host: mailboxes, pipes.
    pub delivered: u32,
    /// Of the bounced recipients, those whom the other server does not know (5.1.1).
    pub unknown: u32,
    /// The folder or file of the script that submitted it, where the log tells: Exim's `cwd=`.
    pub script: Option<String>,
    /// The only recipient; none of a message with several.
    pub recipient: Option<String>,
    /// Refusals that speak of spam, block lists or policy; the first few.
    pub blocked: Vec<Refusal>,
}

/// The service that a login was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// SMTP AUTH: to send mail.
    Smtp,
    /// IMAP: to read it.
    Imap,
    /// POP3: to fetch it.
    Pop3,
    /// ManageSieve: to change its filters.
    Sieve,
}

/// A login that was tried, or that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct LoginRecord {
    /// Seconds since 1970.
    pub at: i64,
    /// The service that the login was for.
    pub service: Service,
    /// As the client wrote it; none where an old server does not tell whose login failed.
    pub login: Option<String>,
    /// The client's address, sanitised; none where the line does not tell.
    pub client_ip: Option<String>,
    /// Whether it was let in.
    pub ok: bool,
    /// How often it was tried.
    pub times: u32,
}

impl LoginRecord {
    /// What a line tells, in the log's own words.
    pub fn new(line: &Line<'_>, service: Service, login: Option<&[u8]>, ip: Option<&[u8]>, ok: bool) -> Self {
        Self { at: line.at, service, login: login.map(text), client_ip: ip.map(text), ok, times: line.times }
    }
}

/// What a log told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogReading {
    /// By the time they entered the queue.
    pub records: Vec<LogRecord>,
    /// Lines that were read.
    pub lines: usize,
    /// Of them, those that are none of the mail server's, or not as it writes them.
    pub foreign: usize,
    /// The earliest time at which a source begins, in seconds since 1970.
    pub begins: Option<i64>,
    /// The script came to its end.
    pub ended: bool,
    /// What is missing, in words.
    pub incomplete: Vec<String>,
}

/// The span of time that a log is read for.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Seconds since 1970.
    pub from: i64,
    /// The end, by the host's clock.
    pub now: i64,
    /// How each day of it begins in a log: `Nov 24`, `2026-11-24`.
    pub days: Vec<String>,
}

/// Days of a window at most: the list of days goes on a command line.
const MAX_DAYS: i64 = 400;

impl Window {
    /// The last `since` before `now`, in days of the host's zone, an hour more on both sides.
    pub fn new(profile: &Profile, now: i64, since: Duration) -> Self {
        let clock = Clock::new(profile, now);
        let from = before(now, since).max(now.saturating_sub(MAX_DAYS * 86_400));
        let days = clock.days(from.saturating_sub(3_600), now.saturating_add(3_600));
        let days = days.flat_map(|(date, month)| [format!("{month} {:>2}", date.day()), date.to_string()]).collect();
        Self { from, now, days }
    }

    /// What a log that begins then lacks of the window, in words.
    pub fn gap(&self, what: &str, begins: Option<i64>) -> Option<String> {
        match begins {
            Some(begins) if begins <= self.from => None,
            Some(begins) => {
                let begins = rfc3339(begins).unwrap_or_default();
                Some(format!("{what}: it starts at {begins}, after the beginning of the window"))
            }
            None => Some(format!("{what}: it has no readable line")),
        }
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_names_its_days_as_both_kinds_of_log_write_them() {
        let profile = Profile { utc_offset: 32_400, ..Profile::default() };
        // 2026-11-01 00:30 in Japan.
        let window = Window::new(&profile, 1_793_460_600, Duration::from_secs(86_400));
        assert_eq!(window.days, ["Oct 30", "2026-10-30", "Oct 31", "2026-10-31", "Nov  1", "2026-11-01"]);
        assert_eq!(window.from, 1_793_374_200);
        assert!(Window::new(&profile, i64::MAX, Duration::MAX).days.is_empty());
        assert!(Window::new(&profile, 1_793_460_600, Duration::MAX).days.len() < 900);
    }
}
