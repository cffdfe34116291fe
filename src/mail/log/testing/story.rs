//! Messages and what becomes of them.

use super::Server;
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum From {
    Login(&'static str),
    /// `web`, uid 33.
    Local,
    Remote,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    Sent,
    Delivered,
    Bounced,
    Deferred,
}

#[derive(Clone, Debug)]
pub struct To {
    pub address: String,
    fate: Fate,
    /// How often it waits first.
    waits: usize,
}

#[derive(Clone, Debug)]
pub struct Mail {
    pub number: usize,
    pub at: i64,
    pub from: From,
    pub to: Vec<To>,
    /// A filter on this host gets it and hands it back; whether it tells the first id then.
    pub filtered: Option<bool>,
    /// It takes an id that was used before, where there is one.
    pub again: bool,
    /// Seconds between attempts.
    pause: i64,
}

impl Mail {
    pub fn sender(&self) -> String {
        format!("s{}@example.jp", self.number)
    }

    pub fn message_id(&self) -> String {
        format!("m{}.{}@pc.example", self.at, self.number)
    }

    pub fn recipients(&self) -> String {
        self.to.iter().map(|to| to.address.clone()).collect::<Vec<_>>().join(" ")
    }

    /// When delivery was tried, and what became of whom.
    pub fn attempts(&self) -> Vec<(i64, Vec<(&str, Fate)>)> {
        let last = self.to.iter().map(|to| to.waits).max().unwrap_or(0);
        let at = |n: usize| self.at + 2 + self.pause * i64::try_from(n).unwrap();
        let tried = |n: usize| {
            let fate = |to: &To| if n < to.waits { Fate::Deferred } else { to.fate };
            let due = |to: &&To| n <= to.waits || to.fate == Fate::Deferred;
            self.to.iter().filter(due).map(|to| (to.address.as_str(), fate(to))).collect()
        };
        (0..=last).map(|n| (at(n), tried(n))).collect()
    }

    pub fn is_done(&self) -> bool {
        self.to.iter().all(|to| to.fate != Fate::Deferred)
    }

    /// What a reader should tell of it, and when it came in.
    pub fn truth(&self, server: &Server) -> (String, i64) {
        let count = |fate: Fate| self.to.iter().filter(|to| to.fate == fate).count();
        let fates = [Fate::Sent, Fate::Delivered, Fate::Deferred, Fate::Bounced].map(count);
        ((told(&(server.account)(self.from), &self.sender(), self.to.len(), fates)), self.at)
    }
}

/// One message in words: sent, delivered here, deferred, bounced.
pub fn told(account: &str, sender: &str, recipients: usize, [sent, here, waits, back]: [usize; 4]) -> String {
    format!("{account} <{sender}> n={recipients} sent={sent} here={here} wait={waits} back={back}")
}

type Drawn = (i64, From, Vec<(Fate, usize)>, Option<bool>, bool, i64);

/// Up to eight messages, the first of them then; half of all hosts have a filter.
pub fn mails(base: i64) -> impl Strategy<Value = Vec<Mail>> {
    let from = prop_oneof![
        2 => prop_oneof![Just(From::Login("info@example.jp")), Just(From::Login("sales@example.jp"))],
        1 => Just(From::Local),
        1 => Just(From::Remote),
    ];
    let fate = prop_oneof![
        3 => Just(Fate::Sent),
        1 => Just(Fate::Delivered),
        2 => Just(Fate::Bounced),
        1 => Just(Fate::Deferred),
    ];
    let to = vec((fate, 0..3usize), 1..4);
    let filtered = prop::option::weighted(0.3, any::<bool>());
    let mail = (0..900i64, from, to, filtered, any::<bool>(), 200..1_500i64);
    (vec(mail, 1..9), any::<bool>()).prop_map(move |(mails, filter)| {
        let mut at = base;
        let mut number = 0;
        let mail = |(gap, from, fates, filtered, again, pause): Drawn| {
            at += gap;
            number += 1;
            let to = |(k, (fate, waits)): (usize, (Fate, usize))| {
                let domain = if fate == Fate::Delivered { "example.jp" } else { "x.example" };
                To { address: format!("r{number}x{k}@{domain}"), fate, waits }
            };
            let to = fates.into_iter().enumerate().map(to).collect();
            Mail { number, at, from, to, filtered: filtered.filter(|_| filter), again, pause }
        };
        mails.into_iter().map(mail).collect()
    })
}
