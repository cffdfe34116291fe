//! Exim's log: lines into events, events into messages.

mod words;
mod delivery;
mod received;
mod scripts;
mod event;
mod join;
mod login;

use crate::host::time::Clock;
use crate::mail::log::source::Cut;
use crate::mail::log::syslog::{self, Line};
use crate::mail::log::{LogReading, LoginRecord, Service, source};
use crate::mail::mta::Log;

pub struct EximLog;

impl Log for EximLog {
    fn head(&self) -> &'static str {
        include_str!("../log.sh")
    }

    fn cut<'a>(&self) -> Cut<'a> {
        cut
    }

    fn read(&self, bytes: &[u8], clock: &Clock) -> LogReading {
        let mut join = join::Join::default();
        let mut reading = source::walk(bytes, clock, self.cut(), |line| match own(&line).and_then(event::parse) {
            Some((pid, event)) => {
                join.event(line.at, pid, event);
                true
            }
            None => false,
        });
        reading.records = join.finish();
        reading
    }

    fn login(&self, line: &Line<'_>) -> Option<LoginRecord> {
        let login = login::parse(own(line)?)?;
        Some(LoginRecord::new(line, Service::Smtp, login.name, Some(login.ip), login.ok))
    }
}

/// `TIME MESSAGE` as Exim writes its own file, or a line of a syslog, where Exim's own time may stand before the
/// message too. Where Exim logs its process id, the message begins with it.
fn cut<'a>(line: &'a [u8], clock: &Clock) -> Option<Line<'a>> {
    if let Some((at, rest)) = clock.parse_local(line) {
        return Some(Line { at, program: b"exim", pid: None, message: rest.strip_prefix(b" ")?, times: 1 });
    }
    let line = syslog::parse(line, clock)?;
    let timed = clock.parse_local(line.message).and_then(|(_, rest)| rest.strip_prefix(b" "));
    Some(Line { message: timed.unwrap_or(line.message), ..line })
}

/// The message of a line of Exim's: a syslog holds other programs' too.
fn own<'a>(line: &Line<'a>) -> Option<&'a [u8]> {
    line.program.starts_with(b"exim").then_some(line.message)
}

#[cfg(test)]
mod tests;
