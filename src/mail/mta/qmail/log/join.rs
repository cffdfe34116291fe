//! Events into messages.
//!
//! A message number is an inode and is used again, so it names a message only from `new msg` to `end msg`. A
//! delivery has a number of its own, counted from 1 since `qmail-send` started, until its result. Everything can
//! be read twice without counting twice: a message is known by its number, its time and the process that
//! queued it, a recipient by its address.

use super::event::{Event, Fate, Recipient};
use crate::host::parse::text;
use crate::mail::log::ids::Ids;
use crate::mail::log::{LogRecord, Refusals};
use crate::model::mail::{Origin, SendRecord};
use std::collections::HashMap;
use std::ops::RangeInclusive;

struct Life<'a> {
    at: i64,
    id: &'a [u8],
    size: u64,
    sender: &'a [u8],
    /// None for bounces.
    origin: Option<Origin>,
    /// Recipients to whom delivery was begun, with the last result.
    fates: HashMap<Recipient<'a>, Option<Fate>>,
    refusals: Refusals<'a>,
}

/// What the next message of a process will be.
enum Expected {
    Bounce,
    /// Another message, handed on.
    Forward(usize),
}

/// Collects events in the order of the log, whose bytes it borrows.
pub struct Join<'a> {
    /// Whose submissions come from the network.
    network: Vec<u32>,
    lives: Vec<Life<'a>>,
    ids: Ids<'a>,
    /// Deliveries under way: whose, to whom, since when.
    deliveries: HashMap<u64, (usize, Recipient<'a>, i64)>,
    expected: HashMap<u32, Expected>,
    /// The last message of a process.
    by_process: HashMap<u32, usize>,
}

impl<'a> Join<'a> {
    pub fn new(network: Vec<u32>) -> Self {
        Self {
            network,
            lives: Vec::new(),
            ids: Ids::default(),
            deliveries: HashMap::new(),
            expected: HashMap::new(),
            by_process: HashMap::new(),
        }
    }

    pub fn event(&mut self, at: i64, event: Event<'a>) {
        match event {
            Event::New(id) | Event::End(id) => self.ids.forget(id),
            Event::Info { id, size, sender, process, uid } => {
                let next = self.lives.len();
                let index = self.ids.begin(id, at, process, next);
                self.by_process.insert(process, index);
                let expected = self.expected.remove(&process);
                if index == next {
                    let origin = match expected {
                        Some(Expected::Bounce) => None,
                        Some(Expected::Forward(of)) => self.lives.get(of).and_then(|l| l.origin.clone()),
                        None if self.network.contains(&uid) => Some(Origin::Remote),
                        None => Some(Origin::Uid(uid)),
                    };
                    self.lives.push(Life {
                        at,
                        id,
                        size,
                        sender,
                        origin,
                        fates: HashMap::new(),
                        refusals: Refusals::default(),
                    });
                }
            }
            Event::Start { delivery, id, to } => match self.ids.at(id, at).map(|now| now.life) {
                Some(index) => {
                    self.deliveries.insert(delivery, (index, to, at));
                    self.lives.get_mut(index).into_iter().for_each(|life| _ = life.fates.entry(to).or_insert(None));
                }
                // It began before the log.
                None => _ = self.deliveries.remove(&delivery),
            },
            Event::Result { delivery, fate, forward, report } => {
                let Some((index, to, since)) = self.deliveries.remove(&delivery) else { return };
                // Another host may say what looks like the end of qmail's own report.
                let (fate, forward) = if to.remote && forward.is_some() { (Fate::Done, None) } else { (fate, forward) };
                if let Some(life) = self.lives.get_mut(index) {
                    life.fates.insert(to, Some(fate));
                    if matches!(fate, Fate::Deferred | Fate::Bounced { .. }) {
                        life.refusals.add(to.domain(), report);
                    }
                }
                if let Some(process) = forward {
                    self.forwarded(index, process, since..=at);
                }
            }
            Event::Bounce { process } => _ = self.expected.insert(process, Expected::Bounce),
        }
    }

    /// What a message's delivery queued is that message handed on, and nobody's own: whoever handed in the one
    /// handed in the other. It may stand in the log before the delivery's result or after it.
    fn forwarded(&mut self, of: usize, process: u32, during: RangeInclusive<i64>) {
        let origin = self.lives.get(of).and_then(|life| life.origin.clone());
        let index = self.by_process.get(&process).copied().filter(|&index| index != of);
        match index.and_then(|index| self.lives.get_mut(index)).filter(|l| during.contains(&l.at)) {
            Some(life) => life.origin = origin,
            None => _ = self.expected.insert(process, Expected::Forward(of)),
        }
    }

    /// The messages whose beginning the log shows, by time.
    pub fn finish(self) -> Vec<LogRecord> {
        let mut records: Vec<LogRecord> = self.lives.into_iter().filter_map(record).collect();
        records.sort_by(|a, b| (a.send.at, &a.send.id).cmp(&(b.send.at, &b.send.id)));
        records
    }
}

fn record(life: Life<'_>) -> Option<LogRecord> {
    let origin = life.origin?;
    let count = |want: fn(&Recipient<'_>, Option<Fate>) -> bool| {
        u32::try_from(life.fates.iter().filter(|(to, fate)| want(to, **fate)).count()).unwrap_or(u32::MAX)
    };
    Some(LogRecord {
        delivered: count(|to, fate| !to.remote && fate == Some(Fate::Done)),
        unknown: count(|_, fate| fate == Some(Fate::Bounced { unknown: true })),
        script: None,
        recipient: life.fates.keys().next().filter(|_| life.fates.len() == 1).map(|to| text(to.address)),
        blocked: life.refusals.finish(),
        send: SendRecord {
            at: life.at,
            id: text(life.id),
            origin,
            sender: text(life.sender),
            // qmail logs no number of recipients, and begins with a few of them at a time.
            recipients: count(|_, _| true),
            size: life.size,
            client_ip: None,
            message_id: None,
            sent: count(|to, fate| to.remote && fate == Some(Fate::Done)),
            deferred: count(|_, fate| fate == Some(Fate::Deferred)),
            bounced: count(|_, fate| matches!(fate, Some(Fate::Bounced { .. }))),
        },
    })
}
