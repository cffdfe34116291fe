//! Events into messages.
//!
//! An id names one message for ever, and a recipient is known by its address: a log that repeats itself (it was
//! rotated while it was read) counts once.

use super::delivery::To;
use super::event::Event;
use super::received::Received;
use super::scripts::Scripts;
use crate::host::parse::text;
use crate::mail::log::{Fate, Fates, LogRecord, Refusals};
use crate::model::mail::{Origin, SendRecord};
use std::collections::{BTreeMap, HashMap};

#[derive(Default)]
struct Life<'a> {
    at: i64,
    id: &'a [u8],
    /// None for what came in before the log begins, and for what a filter handed back.
    received: Option<Received<'a>>,
    script: Option<&'a [u8]>,
    fates: BTreeMap<To<'a>, Fate>,
    refusals: Refusals<'a>,
}

/// Collects events in the order of the log, whose bytes it borrows: a log may have half a million lines.
#[derive(Default)]
pub struct Join<'a> {
    lives: Vec<Life<'a>>,
    by_id: HashMap<&'a [u8], usize>,
    /// What came in, by message id: a filter hands it back under it.
    submitted: HashMap<&'a [u8], usize>,
    scripts: Scripts<'a>,
}

impl<'a> Join<'a> {
    pub fn event(&mut self, at: i64, pid: Option<&'a [u8]>, event: Event<'a>) {
        match event {
            Event::Started(directory) => self.scripts.start(at, pid, directory),
            Event::Received { id, received } => self.received(at, pid, id, received),
            Event::Delivery { id, to, fate, reply } => {
                let life = self.life(id);
                let Some(life) = self.lives.get_mut(life) else { return };
                reply.into_iter().for_each(|reply| life.refusals.add(reply.remote, reply.text));
                let known = life.fates.entry(to).or_insert(fate);
                // A filter answers after it has handed the message back, and that may be served already.
                if fate != Fate::Handed {
                    *known = fate;
                }
            }
        }
    }

    fn received(&mut self, at: i64, pid: Option<&'a [u8]>, id: &'a [u8], received: Received<'a>) {
        let script = if received.remote { None } else { self.scripts.take(at, pid) };
        let index = self.life(id);
        let Some(life) = self.lives.get_mut(index).filter(|l| l.received.is_none()) else { return };
        let loopback = received.ip.is_some_and(|ip| ip == b"127.0.0.1" || ip == b"::1");
        let ours = !received.answer && (received.login.is_some() || !received.remote);
        if let Some(message_id) = received.message_id {
            match self.submitted.get(message_id) {
                Some(&first) if loopback && !ours => {
                    self.by_id.insert(id, first);
                    return;
                }
                _ if ours => _ = self.submitted.insert(message_id, index),
                // Others know the message ids of mail that they got: their mail does not take its place.
                _ if !received.answer => _ = self.submitted.entry(message_id).or_insert(index),
                _ => {}
            }
        }
        (life.at, life.received, life.script) = (at, Some(received), script);
    }

    fn life(&mut self, id: &'a [u8]) -> usize {
        let next = self.lives.len();
        let index = *self.by_id.entry(id).or_insert(next);
        if index == next {
            self.lives.push(Life { id, ..Life::default() });
        }
        index
    }

    /// The messages whose origin the log tells, by time.
    pub fn finish(self) -> Vec<LogRecord> {
        let mut records: Vec<LogRecord> = self.lives.into_iter().filter_map(record).collect();
        records.sort_by(|a, b| (a.send.at, &a.send.id).cmp(&(b.send.at, &b.send.id)));
        records
    }
}

fn record(life: Life<'_>) -> Option<LogRecord> {
    let received = life.received.filter(|r| !r.answer)?;
    let origin = match received {
        Received { login: Some(login), .. } => Origin::Login(text(login)),
        Received { remote: true, .. } => Origin::Remote,
        Received { user, .. } => Origin::User(text(user?)),
    };
    let fates = Fates::of(life.fates.values().copied());
    // A message has one at least.
    let recipients = received.recipients.max(u32::try_from(life.fates.len()).unwrap_or(u32::MAX)).max(1);
    // Of a pipe or a file no address is known.
    let address = |(local, domain): &To<'_>| (!domain.is_empty()).then(|| text(&[local, &b"@"[..], domain].concat()));
    let recipient = || received.recipient.map(text).or_else(|| address(life.fates.keys().next()?));
    Some(LogRecord {
        recipient: (recipients == 1).then(recipient).flatten(),
        blocked: life.refusals.finish(),
        delivered: fates.delivered.saturating_add(fates.handed),
        unknown: fates.unknown,
        script: life.script.map(text),
        send: SendRecord {
            at: life.at,
            id: text(life.id),
            origin,
            sender: text(received.sender),
            recipients,
            size: received.size,
            client_ip: received.ip.map(text),
            message_id: received.message_id.map(|id| format!("<{}>", text(id))),
            sent: fates.sent,
            deferred: fates.deferred,
            bounced: fates.bounced,
        },
    })
}
