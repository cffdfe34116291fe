//! What the signals judge, and by which thresholds.

use super::limits::Limits;
use crate::mail::geo::Geo;
use crate::mail::read::logins::LoginsReport;
use crate::mail::read::queue::QueueReport;
use crate::mail::read::senders::SendersReport;
use crate::model::host::Exemption;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What was read of one host.
pub struct Facts<'a> {
    /// What was sent, and by whom.
    pub senders: &'a SendersReport,
    /// Who logged in; none when that was not read.
    pub logins: Option<&'a LoginsReport>,
    /// The mail queue; none when that was not read.
    pub queue: Option<&'a QueueReport>,
    /// The accounts' names; none when they were not read.
    pub names: Option<&'a Names>,
    /// What is usual for these accounts; of no days when there was no earlier run.
    pub baseline: &'a Baseline,
    /// Mail that the inventory expects.
    pub exemptions: &'a [Exemption],
    /// Accounts that a complaint's message was traced to.
    pub reported: &'a [String],
    /// The day by which exemptions end.
    pub today: jiff::civil::Date,
    /// The thresholds: those of the playbook, else the usual ones.
    pub limits: &'a Limits,
    /// Where addresses are, as far as the user gave databases.
    pub geo: &'a Geo,
}

/// The names that a host knows: of [`AccountsReport`](crate::mail::read::accounts::AccountsReport) what the signals need.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Names {
    /// Every mail address, aliases and forwards too.
    pub addresses: Vec<String>,
    /// Every word that can log in.
    pub logins: Vec<String>,
    /// How many accounts there are.
    pub total: usize,
    /// Whether no account is missing from the list.
    pub complete: bool,
}

/// What is usual for the accounts of a host, by earlier runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baseline {
    /// Days with a run before this one.
    pub days: usize,
    /// By the login; an account that did not send on these days has no entry.
    pub accounts: BTreeMap<String, Usual>,
}

/// What is usual for one account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usual {
    /// The median of its busiest hours, in messages, over the days on which it sent; none of too few days.
    pub peak: Option<u64>,
    /// The same in recipients.
    pub peak_recipients: Option<u64>,
    /// Networks that it came from.
    pub nets: BTreeSet<String>,
}

/// A reading without which a signal is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Who logged in.
    Logins,
    /// The mail queue.
    Queue,
    /// The whole list of accounts: what is not in it does not exist.
    Accounts,
}

impl Facts<'_> {
    /// Why a signal that needs this is not judged.
    pub fn lacks(&self, need: Need) -> Option<&'static str> {
        match need {
            Need::Logins if self.logins.is_none() => Some("the logins were not read"),
            Need::Queue if self.queue.is_none() => Some("the queue was not read"),
            Need::Accounts if self.names.is_none() => Some("the accounts were not read"),
            Need::Accounts if self.names.is_some_and(|n| !n.complete) => Some("the accounts were not fully read"),
            _ => None,
        }
    }

    /// Whether a complaint's message was traced to this account, without regard to case.
    pub fn is_reported(&self, account: &str) -> bool {
        self.reported.iter().any(|r| r.eq_ignore_ascii_case(account))
    }

    /// What is usual for this account; none when earlier runs know nothing of it.
    pub fn usual(&self, account: &str) -> Option<&Usual> {
        self.baseline.accounts.get(account)
    }
}
