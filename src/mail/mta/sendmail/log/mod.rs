//! Sendmail's log: lines into events, events into messages.

pub(super) mod relay;
mod event;
mod join;

use crate::host::time::Clock;
use crate::mail::log::syslog::Line;
use crate::mail::log::{LogReading, LoginRecord, Service, source};
use crate::mail::mta::{Log, LoginReader};
use std::collections::HashMap;

pub struct SendmailLog;

impl Log for SendmailLog {
    fn head(&self) -> &'static str {
        include_str!("../log.sh")
    }

    fn read(&self, bytes: &[u8], clock: &Clock) -> LogReading {
        let mut join = join::Join::default();
        let mut reading = source::walk(bytes, clock, self.cut(), |line| {
            if !is_sendmail(line.program) {
                return false;
            }
            if let Some((id, event)) = event::parse(line.message) {
                join.event(line.at, line.pid, id, event);
                return true;
            }
            let login = event::login(line.message).filter(|l| l.ok);
            if let Some(login) = &login {
                join.login(line.pid, login);
            }
            login.is_some()
        });
        reading.records = join.finish();
        reading
    }

    fn login(&self, line: &Line<'_>) -> Option<LoginRecord> {
        let login = is_sendmail(line.program).then(|| event::login(line.message)).flatten()?;
        Some(record(line, &login))
    }

    /// A login that was done is logged once for a connection; its messages follow in lines of the same process.
    fn logins(&'static self) -> LoginReader {
        let mut done: HashMap<u32, (Vec<u8>, LoginRecord)> = HashMap::new();
        Box::new(move |line| {
            if !is_sendmail(line.program) {
                return None;
            }
            if let Some((_, event::Event::From(from))) = event::parse(line.message) {
                let (connection, login) = done.get(&line.pid?)?;
                let same = from.connection == connection && from.recipients > 0;
                return same.then(|| LoginRecord { at: line.at, ..login.clone() });
            }
            let login = event::login(line.message)?;
            match (login.ok, line.pid) {
                (true, Some(pid)) => {
                    done.insert(pid, (login.connection.to_vec(), record(line, &login)));
                    None
                }
                _ => Some(record(line, &login)),
            }
        })
    }
}

fn record(line: &Line<'_>, login: &event::Login<'_>) -> LoginRecord {
    LoginRecord::new(line, Service::Smtp, login.name, login.ip, login.ok)
}

/// Sendmail's roles have names of their own: `sm-mta`, `sm-msp-queue`, `sendmail-mta`.
fn is_sendmail(program: &[u8]) -> bool {
    program == b"sendmail" || program.starts_with(b"sendmail-") || program.starts_with(b"sm-")
}

#[cfg(test)]
mod tests;
