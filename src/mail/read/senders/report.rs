//! The report of who sent what.

use crate::mail::geo::{ASNS, AsnRow, COUNTRIES, CountryRow, IP, IpRow, Spread};
use crate::mail::read::fields::{COMPLETE, COVERED_FROM, INCOMPLETE, LINES, WINDOW_FROM, WINDOW_TO};
use crate::model::schema::{Field, Type, record};
use serde::{Deserialize, Serialize};

record! {
    /// What left a host, by who handed it in.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct SendersReport {
        pub window_from: Option<String> = WINDOW_FROM,
        pub window_to: Option<String> = WINDOW_TO,
        pub covered_from: Option<String> = COVERED_FROM,
        pub complete: bool = COMPLETE,
        pub incomplete: Vec<String> = INCOMPLETE,
        pub lines: usize = LINES,
        /// messages of all rows
        pub messages: usize,
        /// their recipients
        pub recipients: u64,
        /// messages without a login that went to other hosts: forwards, relays, local programs over SMTP
        pub relayed: usize,
        /// one for each login or local user, by messages
        pub rows: Vec<Sender>,
        /// envelope senders of all mail that left, by messages; at most 20
        pub by_sender: Vec<SentRow>,
    }
}

/// How a sender handed its mail in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SenderKind {
    /// With a login.
    Login,
    /// From a process on the host, such as a script of a web site.
    Script,
}

record! {
    /// One login, or one local user.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Sender {
        /// the login in lower case; for a local user uid:33, or user:NAME without a uid
        pub account: String,
        /// login: authenticated; script: a process on the host
        pub kind: SenderKind as Enum(&["login", "script"]),
        /// the local user's name; null for a login or when it has none
        pub user: Option<String>,
        /// messages that it handed in
        pub messages: usize,
        /// their recipients
        pub recipients: u64,
        /// most messages in any 60 minutes
        pub peak_per_hour: usize,
        /// most recipients in any 60 minutes
        pub peak_recipients_per_hour: u64,
        /// when the 60 minutes with the most messages begin
        pub peak_at: Option<String> as Time,
        /// recipients that another host accepted
        pub sent: u64,
        /// recipients that were served on this host
        pub delivered: u64,
        /// recipients that still wait
        pub deferred: u64,
        /// recipients that were refused for good
        pub bounced: u64,
        /// fraction of recipients that do not exist (5.1.1)
        pub unknown_rcpt: f64 as Percent,
        /// fraction of recipients that were refused for good
        pub bounce_rate: f64 as Percent,
        /// addresses that it sent from, by messages; at most 20
        pub client_ips: Vec<String>,
        /// how many addresses there were
        pub client_ip_count: usize,
        /// the addresses of `client_ips` with their messages and where they are; null without --geoip
        pub clients: Option<Vec<IpRow>> as List(&Type::Object(IP)),
        /// countries it sent from; null without a database of them (--geoip)
        pub countries: Option<Spread<CountryRow>> as Object(COUNTRIES),
        /// owners of networks it sent from; null without a database of them (--geoip)
        pub asns: Option<Spread<AsnRow>> as Object(ASNS),
        /// envelope senders that it used, by messages; at most 20
        pub senders: Vec<SentRow>,
        /// how many envelope senders there were
        pub sender_count: usize,
        /// messages of a login under another sender than itself
        pub forged: usize,
        /// its first message in the window
        pub first: Option<String> as Time,
        /// its last message in the window
        pub last: Option<String> as Time,
        /// hours of the clock, in UTC, in which it sent
        pub hours: Vec<HourRow>,
        /// the median of recipients per message
        pub rcpt_median: u32,
        /// most recipients of one message
        pub rcpt_max: u32,
        /// most client networks (/24, of IPv6 /48) within any 60 minutes
        pub nets_hour: usize,
        /// the same within any 24 hours
        pub nets_day: usize,
        /// servers that refused its mail as spam or by policy; at most 20
        pub blocked: Vec<BlockedRow>,
        /// single messages to one recipient from an address of its own; at most 20
        pub singles: Vec<Single>,
        /// where its scripts lie, where the log tells; at most 20
        pub scripts: Vec<ScriptRow>,
        /// the first messages of its busiest 60 minutes; at most 5
        pub samples: Vec<Sample>,
    }
}

record! {
    /// A server that refused mail as unwanted.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct BlockedRow {
        /// the server that refused
        pub remote: String,
        /// messages that it refused
        pub messages: usize,
        /// what it said first
        pub text: String,
    }
}

/// Whether a sender is the login itself. A login without a domain may use its name in any.
pub fn is_own(login: &str, sender: &str) -> bool {
    let sender = sender.to_lowercase();
    let local = || sender.rsplit_once('@').map_or("", |(local, _)| local);
    sender == login || (!login.contains('@') && local() == login)
}

record! {
    /// The one message that came from an address.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Single {
        /// when it came
        pub at: Option<String> as Time,
        /// the address, from which nothing else came
        pub ip: String,
        /// its only recipient
        pub recipient: String,
        /// its size in bytes
        pub size: u64,
        /// the account had sent from another address before
        pub known: bool,
    }
}

record! {
    /// A folder or file of scripts that send.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct ScriptRow {
        /// the folder or file, as the mail server logs it
        pub script: String,
        /// messages from it
        pub messages: usize,
    }
}

record! {
    /// A message, so that a person finds it in the log.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Sample {
        /// when it entered the queue
        pub at: Option<String> as Time,
        /// its queue id
        pub id: String,
        /// the client's address; null of a local program
        pub ip: Option<String>,
        /// the envelope sender
        pub sender: String,
        /// its recipients
        pub recipients: u32,
    }
}

record! {
    /// What stands under one envelope sender.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct SentRow {
        /// the envelope sender; empty for <>
        pub sender: String,
        /// messages under it
        pub messages: usize,
        /// their recipients
        pub recipients: u64,
    }
}

record! {
    /// What was sent in one hour of the clock.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct HourRow {
        /// when the hour begins
        pub hour: Option<String> as Time,
        /// messages
        pub messages: usize,
        /// their recipients
        pub recipients: u64,
    }
}

/// The declared output.
pub const SENDERS_OUTPUT: &[Field] = SendersReport::FIELDS;
