//! Who sent mail through a host, and how much: the log's messages by authenticated login and by local user.

mod report;
mod build;
pub mod identify;
pub mod watch;
mod busiest;

use crate::host::answer::{answer, lines, required};
use crate::host::ask::Support;
use crate::host::parse::{ParseError, text};
use crate::host::time::Clock;
use crate::mail::geo::Geo;
use crate::mail::log::{LogReading, Window, source};
use crate::mail::mta::{self, mta_not_yet};
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};
use std::collections::BTreeMap;
use std::time::Duration;

pub use build::report;
pub use busiest::{Busiest, busiest_hours};
pub use report::{
    BlockedRow, HourRow, SENDERS_OUTPUT, Sample, ScriptRow, Sender, SenderKind, SendersReport, SentRow, Single, is_own,
};

const WHAT: &str = "mail log";

/// What to run for the senders. `since` is how far back, `now` ends the window; log times are the host's, so it should be too.
pub fn parts(host: &Host, profile: &Profile, since: Duration, now: i64) -> Support {
    let Some(log) = mta::find(profile.mta()).and_then(|m| m.log()) else {
        return Support::NotYet(mta_not_yet(profile.mta()));
    };
    let window = Window::new(profile, now, since);
    let users = Part::new("senders.users", include_str!("users.sh")).max_stdout(4 << 20);
    Support::Yes(vec![source::part("senders.log", host, &window, log.head()), users])
}

/// The log's messages, and why some may be missing.
///
/// # Errors
/// When there is no answer at all, or the mail server is not supported.
pub fn records(profile: &Profile, now: i64, outputs: &[PartOutput]) -> Result<LogReading, ParseError> {
    let log = mta::find(profile.mta()).and_then(|m| m.log());
    let log = log.ok_or_else(|| ParseError::new(WHAT, 0, mta_not_yet(profile.mta())))?;
    let answer = required(outputs, "senders.log", WHAT)?;
    let mut reading = answer.bytes.parse(|bytes| Ok::<_, ParseError>(log.read(bytes, &Clock::new(profile, now))))?;
    let cut_off = answer.cut_off(reading.ended, WHAT);
    reading.incomplete.extend(answer.fault.or(cut_off));
    Ok(reading)
}

/// The report that playbooks see.
///
/// # Errors
/// As [`records`].
pub fn read(
    _: &Host,
    profile: &Profile,
    since: Duration,
    now: i64,
    outputs: &[PartOutput],
    geo: &Geo,
) -> Result<SendersReport, ParseError> {
    let reading = records(profile, now, outputs)?;
    let window = Window::new(profile, now, since);
    Ok(report(&reading, &window, &users(outputs), geo))
}

/// Names by uid; without them the uid has to do.
fn users(outputs: &[PartOutput]) -> BTreeMap<u32, String> {
    let mut users = BTreeMap::new();
    let Some(answer) = answer(outputs, "senders.users", "users") else { return users };
    let _ = answer.bytes.parse(|bytes| {
        for (_, line) in lines(bytes) {
            let mut words = line.splitn(2, |&b| b == b'\t');
            let uid = words.next().and_then(|uid| std::str::from_utf8(uid).ok()?.parse().ok());
            if let (Some(uid), Some(name)) = (uid, words.next()) {
                users.entry(uid).or_insert_with(|| text(name));
            }
        }
        Ok::<(), ParseError>(())
    });
    users
}

#[cfg(test)]
mod tests;
