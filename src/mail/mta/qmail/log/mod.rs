//! qmail's log: lines into events, events into messages.
//!
//! `qmail-send` writes what becomes of messages, with the time in front of each line: seconds since 1970 through
//! syslog, a TAI64N label through `multilog`. It never writes who logged in. Plesk's `smtp_auth` does, but with
//! nothing that would lead from there to a message (not the process that queued it, no number): several
//! clients talk at once, so no login is guessed for a message. Mail of the network is `Remote`, and the logins
//! are told as logins only.

mod event;
mod join;

use crate::host::answer::number;
use crate::host::time::Clock;
use crate::mail::log::source::Cut;
use crate::mail::log::syslog::{self, Line, split_once};
use crate::mail::log::{LogReading, LoginRecord, Service, source};
use crate::mail::mta::Log;

pub struct QmailLog;

impl Log for QmailLog {
    fn head(&self) -> &'static str {
        include_str!("../log.sh")
    }

    fn cut<'a>(&self) -> Cut<'a> {
        cut
    }

    fn read(&self, bytes: &[u8], clock: &Clock) -> LogReading {
        let (uids, bytes) = network(bytes);
        let mut join = join::Join::new(uids);
        let mut reading = source::walk(bytes, clock, self.cut(), |line| {
            let event = event::parse(line.message).filter(|_| is_qmail(line.program));
            if let Some(event) = event {
                join.event(line.at, event);
            }
            event.is_some()
        });
        reading.records = join.finish();
        reading
    }

    fn login(&self, line: &Line<'_>) -> Option<LoginRecord> {
        let login = event::login(line.message).filter(|_| line.program == b"smtp_auth")?;
        Some(LoginRecord::new(line, Service::Smtp, login.name.as_deref(), Some(login.ip), login.ok))
    }
}

fn is_qmail(program: &[u8]) -> bool {
    program == b"qmail" || program.starts_with(b"qmail-")
}

/// The uids of `network 2020 89`, which the script prints first, and what follows that line.
fn network(bytes: &[u8]) -> (Vec<u32>, &[u8]) {
    match split_once(bytes, b'\n').and_then(|(first, rest)| Some((first.strip_prefix(b"network")?, rest))) {
        Some((uids, rest)) => (uids.split(|&b| b == b' ').filter_map(number).collect(), rest),
        None => (Vec::new(), bytes),
    }
}

/// A line of multilog, or of syslog with qmail's own time in it.
fn cut<'a>(line: &'a [u8], clock: &Clock) -> Option<Line<'a>> {
    if let Some(rest) = line.strip_prefix(b"@") {
        let (label, message) = split_once(rest, b' ')?;
        return Some(Line { at: tai64n(label)?, program: b"qmail", pid: None, message, times: 1 });
    }
    let line = syslog::parse(line, clock)?;
    if !is_qmail(line.program) {
        return Some(line);
    }
    // `1795486625.963918 info msg ..`
    let (time, message) = split_once(line.message, b' ')?;
    let (seconds, micros) = split_once(time, b'.')?;
    number::<u32>(micros)?;
    Some(Line { at: number(seconds)?, message, ..line })
}

/// Seconds since 1970 of a label of 24 hexadecimal digits, as qmail's and daemontools' own clock writes it: from
/// 2^62, and ten seconds ahead. Source: daemontools, `libtai/tai_now.c`, `timestamp.c`.
fn tai64n(label: &[u8]) -> Option<i64> {
    let label =
        std::str::from_utf8(label).ok().filter(|l| l.len() == 24 && l.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let at = i64::from_str_radix(label.get(..16)?, 16).ok()? - (1 << 62) - 10;
    (0..1 << 40).contains(&at).then_some(at)
}

#[cfg(test)]
mod tests;
