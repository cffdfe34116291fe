//! Events into messages.
//!
//! A queue id holds the time and the process and is not used again, so it names a message for good, and a line
//! that is read twice (a log that is rotated while it is read repeats itself) changes nothing. What a local
//! program submits has two ids: the one of the submission, whose relay is the user, and the one under which the
//! daemon goes on with it, which the submission's delivery line tells. So has what a filter hands back.

use super::event::{Event, From, Login, To, addresses};
use super::relay::Relay;
use crate::host::parse::text;
use crate::mail::log::{Fate, Fates, LogRecord, Refusals};
use crate::model::mail::{Origin, SendRecord};
use std::collections::HashMap;

#[derive(Default)]
struct Life<'a> {
    at: i64,
    id: &'a [u8],
    /// None for what began before the log.
    from: Option<From<'a>>,
    /// Of the login that the same process logged on the same connection.
    login: Option<&'a [u8]>,
    /// Fates with the id under which each was met.
    fates: HashMap<&'a [u8], (Fate, &'a [u8])>,
    refusals: Refusals<'a>,
}

/// Collects events in the order of the log, whose bytes it borrows.
#[derive(Default)]
pub struct Join<'a> {
    lives: Vec<Life<'a>>,
    by_id: HashMap<&'a [u8], usize>,
    /// The last login of a process: its connection and its name.
    logins: HashMap<u32, (&'a [u8], &'a [u8])>,
    /// Uids of users that submitted.
    uids: HashMap<&'a [u8], u32>,
    /// This Sendmail names protocols by RFC 3848, as 8.13 began to: then the protocol tells whether there was
    /// a login.
    tells: bool,
}

impl<'a> Join<'a> {
    /// A login that was done: it is logged before its messages, and without an id.
    pub fn login(&mut self, pid: Option<u32>, login: &Login<'a>) {
        self.logins.extend(pid.zip(login.name).map(|(pid, name)| (pid, (login.connection, name))));
    }

    pub fn event(&mut self, at: i64, pid: Option<u32>, id: &'a [u8], event: Event<'a>) {
        match event {
            // No recipient was taken.
            Event::From(From { recipients: 0, .. }) => {}
            Event::From(from) => {
                self.tells |= from.authenticated;
                let login = pid.and_then(|pid| self.logins.get(&pid));
                let login = login.filter(|(connection, _)| *connection == from.connection).map(|(_, name)| *name);
                let index = self.life(at, id);
                if let Some(life) = self.lives.get_mut(index).filter(|l| l.from.is_none()) {
                    (life.at, life.from, life.login) = (at, Some(from), login);
                }
            }
            Event::To(to) => self.to(at, id, to),
            Event::Expired => {
                let index = self.life(at, id);
                for (fate, _) in self.lives.get_mut(index).into_iter().flat_map(|l| l.fates.values_mut()) {
                    if *fate == Fate::Deferred {
                        *fate = Fate::Bounced { unknown: false };
                    }
                }
            }
            Event::Clone(first) => {
                let index = self.life(at, first);
                self.by_id.entry(id).or_insert(index);
            }
        }
    }

    fn to(&mut self, at: i64, id: &'a [u8], to: To<'a>) {
        let index = self.life(at, id);
        let Some(life) = self.lives.get_mut(index) else { return };
        for address in addresses(to.list) {
            let known = life.fates.entry(address).or_insert((to.fate, id));
            // The daemon may be done with a recipient before the submission is told to have been handed over.
            if to.fate != Fate::Handed || known.1 == id {
                *known = (to.fate, id);
            }
        }
        if to.fate.is_failure() {
            life.refusals.add(to.relay, to.said);
        }
        let Some(From { relay, message_id, .. }) = life.from else { return };
        // The uid is the sender's when that is a local user, so it is the submitter's only when both are one.
        if let Relay::User(user) = relay {
            self.uids.extend(to.control.filter(|&(who, _)| who == user));
        }
        let Some(new) = to.handed else { return };
        // A user may hand mail to a server of his own, which may answer with another message's id.
        let found = self.by_id.get(new).copied();
        let same = found.is_none_or(|new| {
            self.lives.get(new).and_then(|l| l.from).is_some_and(|from| {
                let here = matches!(from.relay, Relay::Client(b"127.0.0.1" | b"::1" | b"0:0:0:0:0:0:0:1"));
                here && !from.authenticated && from.message_id == message_id
            })
        });
        if same {
            self.by_id.insert(new, index);
            let part = found.and_then(|new| self.lives.get_mut(new)).map(std::mem::take);
            if let (Some(part), Some(life)) = (part, self.lives.get_mut(index)) {
                life.fates.extend(part.fates);
                life.refusals.extend(part.refusals);
            }
        }
    }

    /// The life of that id; a new one when the log does not show its beginning.
    fn life(&mut self, at: i64, id: &'a [u8]) -> usize {
        let next = self.lives.len();
        let index = *self.by_id.entry(id).or_insert(next);
        if index == next {
            self.lives.push(Life { at, id, ..Life::default() });
        }
        index
    }

    /// The messages whose beginning the log shows, by time.
    pub fn finish(self) -> Vec<LogRecord> {
        let record = |life| record(life, &self.uids, self.tells);
        let mut records: Vec<LogRecord> = self.lives.into_iter().filter_map(record).collect();
        records.sort_by(|a, b| (a.send.at, &a.send.id).cmp(&(b.send.at, &b.send.id)));
        records
    }
}

fn record(life: Life<'_>, uids: &HashMap<&[u8], u32>, tells: bool) -> Option<LogRecord> {
    let from = life.from?;
    let (origin, client) = match (from.relay, life.login) {
        // Bounces are nobody's.
        (Relay::Itself, _) => return None,
        (Relay::User(user), _) => (user_origin(user, uids), None),
        (Relay::Client(ip), Some(login)) if from.authenticated || !tells => (Origin::Login(text(login)), Some(ip)),
        (Relay::Client(ip), _) => (Origin::Remote, Some(ip)),
    };
    let fates = Fates::of(life.fates.values().map(|(fate, _)| *fate));
    Some(LogRecord {
        delivered: fates.delivered,
        unknown: fates.unknown,
        script: None,
        recipient: life
            .fates
            .keys()
            .next()
            .filter(|_| from.recipients == 1 && life.fates.len() == 1)
            .map(|to| text(to)),
        blocked: life.refusals.finish(),
        send: SendRecord {
            at: life.at,
            id: text(life.id),
            origin,
            sender: if from.sender == b"MAILER-DAEMON" { String::new() } else { text(from.sender) },
            recipients: from.recipients,
            size: from.size,
            client_ip: client.map(text),
            message_id: from.message_id.map(text),
            sent: fates.sent,
            deferred: fates.deferred,
            bounced: fates.bounced,
        },
    })
}

/// A user without a name is logged as `Unknown UID 501`.
fn user_origin(user: &[u8], uids: &HashMap<&[u8], u32>) -> Origin {
    let unknown = || std::str::from_utf8(user.strip_prefix(b"Unknown UID ")?).ok()?.parse().ok();
    uids.get(user).copied().or_else(unknown).map_or_else(|| Origin::User(text(user)), Origin::Uid)
}
