//! Events into messages.
//!
//! A queue id names a message only while it lives, so lines are joined by the id and the life: a life begins
//! with the line of who submitted it and ends with `removed`. Everything can be read twice without counting
//! twice (a log that is rotated while it is read repeats itself): a life is known by its id and its beginning,
//! a recipient by its address.

use super::event::Event;
use crate::host::parse::text;
use crate::mail::log::ids::{Ids, Use};
use crate::mail::log::{Fate, Fates, LogRecord, Refusals};
use crate::model::mail::{Origin, SendRecord};
use std::collections::{BTreeMap, HashMap, HashSet};

#[derive(Default)]
struct Life<'a> {
    at: i64,
    id: &'a [u8],
    /// None for what began before the log, for bounces, and for a re-injection of another life.
    origin: Option<Origin>,
    client: Option<&'a [u8]>,
    /// Submitted from this host without a login; it may be a content filter that hands a message back.
    loopback: bool,
    message_id: Option<&'a [u8]>,
    /// Sender, size and recipients at first queueing.
    queued: Option<(&'a [u8], u64, u32)>,
    fates: BTreeMap<&'a [u8], Fate>,
    refusals: Refusals<'a>,
}

/// Collects events in the order of the log, whose bytes it borrows: a log may have half a million lines.
#[derive(Default)]
pub struct Join<'a> {
    lives: Vec<Life<'a>>,
    /// Which life an id means; it ends when the message is removed.
    ids: Ids<'a>,
    /// The latest life of a message id, by which a re-injection is known.
    by_message_id: HashMap<&'a [u8], usize>,
    whole: Vec<LogRecord>,
    told: HashSet<(i64, String)>,
}

impl<'a> Join<'a> {
    pub fn event(&mut self, at: i64, id: &'a [u8], event: Event<'a>) {
        match event {
            Event::Client { origin: Some(origin), .. } if self.again(at, origin, id) => {}
            Event::Client { ip, login, .. } => {
                let origin = login.map_or(Origin::Remote, |l| Origin::Login(text(l)));
                let loopback = login.is_none() && (ip == b"127.0.0.1" || ip == b"::1");
                let client = Some(ip);
                self.begin(at, id, Life { origin: Some(origin), client, loopback, ..Life::default() });
            }
            Event::Pickup { origin: Some(origin), .. } if self.again(at, origin, id) => {}
            // A requeued message whose first life the log does not show.
            Event::Pickup { origin: Some(_), .. } => _ = self.begin(at, id, Life::default()),
            Event::Pickup { uid, origin: None } => {
                self.begin(at, id, Life { origin: Some(Origin::Uid(uid)), ..Life::default() });
            }
            Event::MessageId(message_id) => self.message_id(at, id, message_id),
            Event::Queued { sender, size, recipients } => {
                let life = self.current(at, id);
                if let Some(life) = self.lives.get_mut(life) {
                    life.queued.get_or_insert((sender, size, recipients));
                }
            }
            Event::Expired => {
                let life = self.current(at, id);
                for fate in self.lives.get_mut(life).into_iter().flat_map(|l| l.fates.values_mut()) {
                    if *fate == Fate::Deferred {
                        *fate = Fate::Bounced { unknown: false };
                    }
                }
            }
            Event::Delivery { to, fate, relay, reply } => {
                let life = self.current(at, id);
                if let Some(life) = self.lives.get_mut(life) {
                    if fate.is_failure() {
                        life.refusals.add(relay, reply);
                    }
                    let known = life.fates.entry(to).or_insert(fate);
                    // A filter answers after it has handed the message back, and that may be served already.
                    if fate != Fate::Handed {
                        *known = fate;
                    }
                }
            }
            Event::Removed => {
                if let Some(now) = self.ids.at(id, at) {
                    now.ended = true;
                }
            }
        }
    }

    /// The same message under a new id: handed back by a filter, or requeued.
    fn again(&mut self, at: i64, first: &'a [u8], id: &'a [u8]) -> bool {
        let life = self.ids.at(first, at).map(|now| now.life);
        life.into_iter().for_each(|life| _ = self.ids.begin(id, at, 0, life));
        life.is_some()
    }

    /// Cleanup names the message right after it came in. A bounce has no line before this one, so an id
    /// that was removed begins anew here.
    fn message_id(&mut self, at: i64, id: &'a [u8], message_id: &'a [u8]) {
        let index = match self.ids.at(id, at) {
            Some(Use { life, ended: false, .. }) => *life,
            _ => self.begin(at, id, Life::default()),
        };
        let Some(life) = self.lives.get_mut(index).filter(|l| l.message_id.is_none()) else { return };
        life.message_id = Some(message_id);
        if message_id.len() <= 2 || life.origin.is_none() {
            return;
        }
        let remote = life.origin == Some(Origin::Remote);
        match self.by_message_id.get(message_id) {
            Some(&first) if life.loopback => {
                life.origin = None;
                self.ids.replace(id, life.at, 0, first);
            }
            // Others know the message ids of mail that they got: their mail does not take its place.
            Some(_) if remote => {}
            _ => _ = self.by_message_id.insert(message_id, index),
        }
    }

    /// The life that the id means, or one whose beginning the log does not show.
    fn current(&mut self, at: i64, id: &'a [u8]) -> usize {
        match self.ids.at(id, at) {
            Some(now) => now.life,
            None => self.begin(at, id, Life::default()),
        }
    }

    fn begin(&mut self, at: i64, id: &'a [u8], life: Life<'a>) -> usize {
        let next = self.lives.len();
        let index = self.ids.begin(id, at, 0, next);
        if index == next {
            self.lives.push(Life { at, id, ..life });
        }
        index
    }

    /// A message that was added up on the host; the same one is told twice when a log is rotated meanwhile.
    pub fn whole(&mut self, message: LogRecord) {
        if self.told.insert((message.send.at, message.send.id.clone())) {
            self.whole.push(message);
        }
    }

    /// The messages that were queued and whose origin the log tells, by time.
    pub fn finish(self) -> Vec<LogRecord> {
        let mut records = self.whole;
        records.extend(self.lives.into_iter().filter_map(record));
        records.sort_by(|a, b| (a.send.at, &a.send.id).cmp(&(b.send.at, &b.send.id)));
        records
    }
}

fn record(life: Life<'_>) -> Option<LogRecord> {
    let origin = life.origin?;
    let (sender, size, recipients) = life.queued?;
    let fates = Fates::of(life.fates.values().copied());
    Some(LogRecord {
        delivered: fates.delivered,
        unknown: fates.unknown,
        script: None,
        recipient: life.fates.keys().next().filter(|_| recipients == 1).map(|to| text(to)),
        blocked: life.refusals.finish(),
        send: SendRecord {
            at: life.at,
            id: text(life.id),
            origin,
            sender: text(sender),
            recipients,
            size,
            client_ip: life.client.map(text),
            message_id: life.message_id.map(text),
            sent: fates.sent,
            deferred: fates.deferred,
            bounced: fates.bounced,
        },
    })
}
