//! Sessions that a login has open, how they are ended, and whether a password is still accepted.
//!
//! A new password does not stop who is connected: a session for handing mail in goes on after the password was changed,
//! the cache of passwords was emptied and the mail server was reloaded. Only cutting its connection ends it.
//!
//! A login is written as the IMAP server and the log write it: an address, or the name of a Unix user.

mod connection;
mod cut;
mod whose;
mod open;
mod probe;

#[cfg(test)]
mod tests;

pub use cut::cut;
pub use open::{look, read};
pub use probe::{Probe, probe, read_probe};

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The sessions of one host.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sessions {
    /// By login in lower case: those who have a session, and those who handed mail in within the last day.
    pub rows: BTreeMap<String, Open>,
    /// Connections to the ports 465 and 587 whose login cannot be told.
    pub unknown: usize,
    /// Where they come from.
    pub unknown_ips: BTreeSet<IpAddr>,
    /// Connections to port 25 whose login cannot be told: most are other mail servers, which have none.
    pub port25: usize,
    /// What is missing, in words.
    pub incomplete: Vec<String>,
}

/// The sessions of one login.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Open {
    /// Sessions of its mailbox, by service as the server calls it: `imap`, `pop3`, `sieve`.
    pub mailbox: BTreeMap<String, usize>,
    /// Connections over which it hands mail in.
    pub smtp: usize,
    /// Addresses from which it handed mail in within the last day, connected now or not.
    pub smtp_ips: BTreeSet<IpAddr>,
    /// Other logins that came from those of the addresses that are connected now: cutting harms them too, until they
    /// connect again.
    pub shared: BTreeSet<String>,
}

impl Sessions {
    /// What an account has open under these logins of it; nothing under one that was not seen.
    pub fn of(&self, logins: &[&str]) -> Open {
        let logins: BTreeSet<String> = logins.iter().map(|login| login.to_lowercase()).collect();
        let mut open = Open::default();
        for row in logins.iter().filter_map(|login| self.rows.get(login)) {
            row.mailbox.iter().for_each(|(service, n)| *open.mailbox.entry(service.clone()).or_default() += n);
            open.smtp += row.smtp;
            open.smtp_ips.extend(&row.smtp_ips);
            open.shared.extend(row.shared.iter().filter(|other| !logins.contains(*other)).cloned());
        }
        open
    }
}

impl Open {
    /// All sessions.
    pub fn count(&self) -> usize {
        self.mailbox.values().sum::<usize>() + self.smtp
    }
}
