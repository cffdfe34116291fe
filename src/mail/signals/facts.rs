//! What the signals judge, and by which thresholds.

use super::Need;
use crate::mail::geo::Geo;
use crate::mail::read::logins::LoginsReport;
use crate::mail::read::queue::QueueReport;
use crate::mail::read::senders::SendersReport;
use crate::model::host::Exemption;
use crate::model::schema::{Field, Type};
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

/// Declares the thresholds once: field, default, and what it is.
macro_rules! limits {
    ($($name:ident: $kind:ty = $default:expr, $ty:ident, $doc:literal;)*) => {
        /// The thresholds. All are arguments of the verb; a playbook offers them as parameters.
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        #[serde(default)]
        pub struct Limits {
            $(#[doc = $doc] pub $name: $kind,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        /// The thresholds as arguments.
        pub const LIMITS: &[Field] = &[$(Field::new(stringify!($name), Type::$ty, $doc).or(stringify!($default)),)*];
    };
}

limits! {
    per_hour_warn: usize = 100, Int, "A: messages of one sender in 60 minutes that are suspicious; 100 when absent";
    per_hour_max: usize = 300, Int, "A: messages in 60 minutes that are too many; 300 when absent";
    rcpt_per_hour_warn: u64 = 200, Int, "A: recipients in 60 minutes that are suspicious; 200 when absent";
    rcpt_per_hour_max: u64 = 500, Int, "A: recipients in 60 minutes that are too many; 500 when absent";
    baseline_times: u64 = 10, Int, "A: how many times its usual hour is suspicious; 10 when absent";
    baseline_min: usize = 30, Int, "A: messages in 60 minutes below which the usual hour says nothing; 30 when absent";
    rcpt_median: u32 = 20, Int, "B: the median of recipients per message that is suspicious; 20 when absent";
    rcpt_max: u32 = 50, Int, "B: recipients of one message that are suspicious; 50 when absent";
    nets_hour: usize = 5, Int, "C: client networks in 60 minutes that are suspicious; 5 when absent";
    nets_day: usize = 10, Int, "C: client networks in 24 hours that are suspicious; 10 when absent";
    new_nets: f64 = 0.8, Percent, "C: share of networks that the account never used before that is suspicious; 80% when absent";
    countries_hour: usize = 3, Int, "C: countries in 60 minutes that are suspicious, where a database tells them (--geoip); 3 when absent";
    countries_day: usize = 5, Int, "C: countries in 24 hours that are suspicious; 5 when absent";
    asns_hour: usize = 4, Int, "C: owners of networks in 60 minutes that are suspicious, where a database tells them; 4 when absent";
    asns_day: usize = 8, Int, "C: owners of networks in 24 hours that are suspicious; 8 when absent";
    new_country_min: u64 = 5, Int, "C: messages from countries new to the account that are suspicious; 5 when absent";
    bounce_rate: f64 = 0.2, Percent, "D: share of refused recipients that is too much; 20% when absent";
    bounce_min: u64 = 25, Int, "D: refused recipients below which the share says nothing; 25 when absent";
    blocked_min: usize = 10, Int, "D: messages that others refuse as spam that are worth a look; 10 when absent";
    guesses: u64 = 20, Int, "E: failures before a login from a new address that are suspicious; 20 when absent";
    shared_accounts: usize = 3, Int, "E: other accounts that an address failed for; 3 when absent";
    forged_senders: usize = 3, Int, "F: foreign senders of the host's own domains that are suspicious; 3 when absent";
    queue_share: f64 = 0.5, Percent, "G: share of the queue that is too much; 50% when absent";
    queue_min: usize = 100, Int, "G: messages in the queue below which the share says nothing; 100 when absent";
    script_per_hour: usize = 50, Int, "H: messages of a program in 60 minutes that are suspicious; 50 when absent";
    script_min: usize = 5, Int, "H: messages of a program below which its sender is not judged; 5 when absent";
    test_size: u64 = 2_048, Int, "I: bytes of a message that is small; 2048 when absent";
    together_min: usize = 3, Int, "J: accounts of one domain that rise together; 3 when absent";
}
