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
    pub senders: &'a SendersReport,
    pub logins: Option<&'a LoginsReport>,
    pub queue: Option<&'a QueueReport>,
    pub names: Option<&'a Names>,
    pub baseline: &'a Baseline,
    pub exemptions: &'a [Exemption],
    /// Accounts that a complaint's message was traced to.
    pub reported: &'a [String],
    /// The day by which exemptions end.
    pub today: jiff::civil::Date,
    pub limits: &'a Limits,
    /// Where addresses are, as far as the user gave databases.
    pub geo: &'a Geo,
}

/// The names that a host knows: of [`AccountsReport`](crate::mail::read::accounts::AccountsReport) what the signals need.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Names {
    pub addresses: Vec<String>,
    pub logins: Vec<String>,
    pub total: usize,
    pub complete: bool,
}

/// What is usual for the accounts of a host, by earlier runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baseline {
    /// Days with a run before this one.
    pub days: usize,
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
    Logins,
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
            Need::Accounts if self.names.is_some_and(|n| !n.complete) => Some("the accounts were not read whole"),
            _ => None,
        }
    }

    pub fn is_reported(&self, account: &str) -> bool {
        self.reported.iter().any(|r| r.eq_ignore_ascii_case(account))
    }

    pub fn usual(&self, account: &str) -> Option<&Usual> {
        self.baseline.accounts.get(account)
    }
}
