//! Who logged in to a host's mail services, from where, and what was tried before.

mod reading;
mod report;
mod build;

use crate::host::answer::{answer, lines, required};
use crate::host::ask::Support;
use crate::host::parse::{ParseError, text};
use crate::host::time::Clock;
use crate::mail::geo::Geo;
use crate::mail::imap;
use crate::mail::log::syslog::Line;
use crate::mail::log::{LogReading, LoginRecord, Window, source};
use crate::mail::mta::mta_not_yet;
use crate::mail::mta::{self, Log};
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};
use std::collections::BTreeMap;
use std::time::Duration;

pub use build::report;
pub use reading::LoginReading;
pub use report::{Guessed, LOGINS_OUTPUT, LoginsReport, LoginsRow, SharedIp};

const WHAT: &str = "login log";

/// What to run for the logins. `since` is how far back, `now` ends the window, by the host's clock.
pub fn parts(host: &Host, profile: &Profile, since: Duration, now: i64) -> Support {
    let Some(log) = mta::find(profile.mta()).and_then(|m| m.log()) else {
        return Support::NotYet(mta_not_yet(profile.mta()));
    };
    let log = log_part("logins.log", log, host, &Window::new(profile, now, since));
    let sessions = Part::new("logins.sessions", include_str!("sessions.sh")).max_stdout(4 << 20);
    Support::Yes(vec![log, sessions])
}

/// The part that gathers the lines of a log that tell of logins, of this mail server and of whatever IMAP server.
pub(super) fn log_part(name: &'static str, log: &dyn Log, host: &Host, window: &Window) -> Part {
    let mut head = log.head().to_owned();
    imap::ALL.iter().for_each(|imap| head.push_str(imap.head()));
    head.push_str("pattern=$logins\n");
    source::part(name, host, window, &head)
}

/// Reads the lines of a log, of this mail server and of whatever IMAP server.
pub fn read_log(log: &'static dyn Log, bytes: &[u8], clock: &Clock) -> LoginReading {
    let mut records = Vec::new();
    let reading = each(log, bytes, clock, |_, record| records.push(record));
    let LogReading { lines, begins, ended, incomplete, .. } = reading;
    LoginReading { records, lines, begins, ended, incomplete }
}

/// Hands on every login of a log with its line.
pub(super) fn each(
    log: &'static dyn Log,
    bytes: &[u8],
    clock: &Clock,
    mut then: impl FnMut(&Line<'_>, LoginRecord),
) -> LogReading {
    let cut = log.cut();
    // An IMAP server's own form is the more particular: to syslog's reader it would look like a line of its own.
    let any = |line, clock: &Clock| imap::ALL.iter().find_map(|i| i.cut(line, clock)).or_else(|| cut(line, clock));
    let mut smtp = log.logins();
    source::walk(bytes, clock, any, |line| {
        let found = smtp(&line).or_else(|| imap::ALL.iter().find_map(|imap| imap.login(&line)));
        let known = found.is_some();
        if let Some(record) = found {
            then(&line, record);
        }
        known
    })
}

/// The report that playbooks see.
///
/// # Errors
/// When there is no answer at all, or the mail server is not supported.
pub fn read(
    _: &Host,
    profile: &Profile,
    since: Duration,
    now: i64,
    outputs: &[PartOutput],
    geo: &Geo,
) -> Result<LoginsReport, ParseError> {
    let log = mta::find(profile.mta()).and_then(|m| m.log());
    let log = log.ok_or_else(|| ParseError::new(WHAT, 0, mta_not_yet(profile.mta())))?;
    let answer = required(outputs, "logins.log", WHAT)?;
    let clock = Clock::new(profile, now);
    let mut reading = answer.bytes.parse(|bytes| Ok::<_, ParseError>(read_log(log, bytes, &clock)))?;
    let cut_off = answer.cut_off(reading.ended, WHAT);
    reading.incomplete.extend(answer.fault.or(cut_off));
    let window = Window::new(profile, now, since);
    Ok(report(&reading, &window, &sessions(outputs), geo))
}

/// Open sessions by login, where the IMAP server tells them; none where it does not.
fn sessions(outputs: &[PartOutput]) -> Option<BTreeMap<String, usize>> {
    let answer = answer(outputs, "logins.sessions", "sessions")?;
    let mut sessions = None;
    let _ = answer.bytes.parse(|bytes| {
        for (_, line) in lines(bytes) {
            match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                [b"dovecot"] => _ = sessions.get_or_insert_with(BTreeMap::new),
                [user, ..] if !user.is_empty() => {
                    if let Some(sessions) = &mut sessions {
                        *sessions.entry(text(user).to_lowercase()).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
        Ok::<(), ParseError>(())
    });
    sessions
}

#[cfg(test)]
mod tests;
