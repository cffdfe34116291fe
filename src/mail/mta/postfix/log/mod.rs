//! Postfix's log: lines into events, events into messages.

mod event;
mod join;

use crate::mail::log::{LogReading, Window, source};
use crate::mail::mta::Log;
use crate::mail::time::Clock;
use crate::model::Host;
use crate::shell::Part;

pub struct PostfixLog;

impl Log for PostfixLog {
    fn part(&self, host: &Host, window: &Window) -> Part {
        source::part(host, window, include_str!("../log.sh"))
    }

    fn read(&self, bytes: &[u8], clock: &Clock) -> LogReading {
        let mut join = join::Join::default();
        let mut reading = source::walk(bytes, clock, |line| match event::parse(line.program, line.message) {
            Some((id, event)) => {
                join.event(line.at, id, event);
                true
            }
            None => false,
        });
        reading.records = join.finish();
        reading
    }
}

#[cfg(test)]
mod tests;
