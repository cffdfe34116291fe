//! Postfix's log: lines into events, events into messages.

mod compact;
mod event;
mod join;

use crate::host::time::Clock;
use crate::mail::log::source::Cut;
use crate::mail::log::syslog::{self, Line};
use crate::mail::log::{LogReading, LoginRecord, Service, source};
use crate::mail::mta::Log;

pub struct PostfixLog;

impl Log for PostfixLog {
    fn head(&self) -> &'static str {
        concat!(include_str!("../log.sh"), "compact='", include_str!("../compact.awk"), "'\n")
    }

    fn cut<'a>(&self) -> Cut<'a> {
        |line, clock| compact::cut(line, clock).or_else(|| syslog::parse(line, clock))
    }

    fn read(&self, bytes: &[u8], clock: &Clock) -> LogReading {
        let mut join = join::Join::default();
        let mut reading =
            source::walk(bytes, clock, self.cut(), |line| match event::parse(line.program, line.message) {
                _ if line.program == compact::PROGRAM => {
                    let message = compact::parse(line.at, line.message);
                    let known = message.is_some();
                    message.into_iter().for_each(|message| join.whole(message));
                    known
                }
                Some((id, event)) => {
                    join.event(line.at, id, event);
                    true
                }
                None => false,
            });
        reading.records = join.finish();
        reading
    }

    fn login(&self, line: &Line<'_>) -> Option<LoginRecord> {
        let login = event::login(line.program, line.message)?;
        let ip = Some(login.ip).filter(|ip| *ip != b"unknown");
        Some(LoginRecord::new(line, Service::Smtp, login.name, ip, login.ok))
    }
}

#[cfg(test)]
mod tests;
