//! The report of who sent what.

use crate::mail::geo::{ASNS, AsnRow, COUNTRIES, CountryRow, IP, IpRow, Spread};
use crate::mail::read::fields::{COMPLETE, COVERED_FROM, INCOMPLETE, LINES, WINDOW_FROM, WINDOW_TO};
use crate::model::schema::{Field, Type};
use serde::{Deserialize, Serialize};

/// What left a host, by who handed it in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SendersReport {
    pub window_from: Option<String>,
    pub window_to: Option<String>,
    pub covered_from: Option<String>,
    pub complete: bool,
    pub incomplete: Vec<String>,
    pub lines: usize,
    pub messages: usize,
    pub recipients: u64,
    pub relayed: usize,
    pub rows: Vec<Sender>,
    pub by_sender: Vec<SentRow>,
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

/// One login, or one local user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sender {
    pub account: String,
    pub kind: SenderKind,
    pub user: Option<String>,
    pub messages: usize,
    pub recipients: u64,
    pub peak_per_hour: usize,
    pub peak_recipients_per_hour: u64,
    pub peak_at: Option<String>,
    pub sent: u64,
    pub delivered: u64,
    pub deferred: u64,
    pub bounced: u64,
    pub unknown_rcpt: f64,
    pub bounce_rate: f64,
    pub client_ips: Vec<String>,
    pub client_ip_count: usize,
    /// None without a database.
    pub clients: Option<Vec<IpRow>>,
    /// None without a database that tells them.
    pub countries: Option<Spread<CountryRow>>,
    pub asns: Option<Spread<AsnRow>>,
    pub senders: Vec<SentRow>,
    pub sender_count: usize,
    pub forged: usize,
    pub first: Option<String>,
    pub last: Option<String>,
    pub hours: Vec<HourRow>,
    pub rcpt_median: u32,
    pub rcpt_max: u32,
    pub nets_hour: usize,
    pub nets_day: usize,
    pub blocked: Vec<BlockedRow>,
    pub singles: Vec<Single>,
    pub scripts: Vec<ScriptRow>,
    pub samples: Vec<Sample>,
}

/// A server that refused mail as unwanted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockedRow {
    pub remote: String,
    pub messages: usize,
    pub text: String,
}

/// Whether a sender is the login itself. A login without a domain may use its name in any.
pub fn is_own(login: &str, sender: &str) -> bool {
    let sender = sender.to_lowercase();
    let local = || sender.rsplit_once('@').map_or("", |(local, _)| local);
    sender == login || (!login.contains('@') && local() == login)
}

/// The one message that came from an address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Single {
    pub at: Option<String>,
    pub ip: String,
    pub recipient: String,
    pub size: u64,
    pub known: bool,
}

/// A folder or file of scripts that send.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScriptRow {
    pub script: String,
    pub messages: usize,
}

/// A message, so that a person finds it in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub at: Option<String>,
    pub id: String,
    pub ip: Option<String>,
    pub sender: String,
    pub recipients: u32,
}

/// What stands under one envelope sender.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SentRow {
    pub sender: String,
    pub messages: usize,
    pub recipients: u64,
}

/// What was sent in one hour of the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HourRow {
    pub hour: Option<String>,
    pub messages: usize,
    pub recipients: u64,
}

const SENT: &[Field] = &[
    Field::new("sender", Type::Str, "the envelope sender; empty for <>"),
    Field::new("messages", Type::Int, "messages under it"),
    Field::new("recipients", Type::Int, "their recipients"),
];
const HOUR: &[Field] = &[
    Field::new("hour", Type::Time, "when the hour begins"),
    Field::new("messages", Type::Int, "messages"),
    Field::new("recipients", Type::Int, "their recipients"),
];
const BLOCKED: &[Field] = &[
    Field::new("remote", Type::Str, "the server that refused"),
    Field::new("messages", Type::Int, "messages that it refused"),
    Field::new("text", Type::Str, "what it said first"),
];
const SINGLE: &[Field] = &[
    Field::new("at", Type::Time, "when it came"),
    Field::new("ip", Type::Str, "the address, from which nothing else came"),
    Field::new("recipient", Type::Str, "its only recipient"),
    Field::new("size", Type::Int, "its size in bytes"),
    Field::new("known", Type::Bool, "the account had sent from another address before"),
];
const SCRIPT: &[Field] = &[
    Field::new("script", Type::Str, "the folder or file, as the mail server logs it"),
    Field::new("messages", Type::Int, "messages from it"),
];
const SAMPLE: &[Field] = &[
    Field::new("at", Type::Time, "when it entered the queue"),
    Field::new("id", Type::Str, "its queue id"),
    Field::new("ip", Type::Str, "the client's address; null of a local program"),
    Field::new("sender", Type::Str, "the envelope sender"),
    Field::new("recipients", Type::Int, "its recipients"),
];
const ROW: &[Field] = &[
    Field::new("account", Type::Str, "the login in lower case; for a local user uid:33, or user:NAME without a uid"),
    Field::new("kind", Type::Enum(&["login", "script"]), "login: authenticated; script: a process on the host"),
    Field::new("user", Type::Str, "the local user's name; null for a login or when it has none"),
    Field::new("messages", Type::Int, "messages that it handed in"),
    Field::new("recipients", Type::Int, "their recipients"),
    Field::new("peak_per_hour", Type::Int, "most messages in any 60 minutes"),
    Field::new("peak_recipients_per_hour", Type::Int, "most recipients in any 60 minutes"),
    Field::new("peak_at", Type::Time, "when the 60 minutes with the most messages begin"),
    Field::new("sent", Type::Int, "recipients that another host accepted"),
    Field::new("delivered", Type::Int, "recipients that were served on this host"),
    Field::new("deferred", Type::Int, "recipients that still wait"),
    Field::new("bounced", Type::Int, "recipients that were refused for good"),
    Field::new("unknown_rcpt", Type::Percent, "fraction of recipients that do not exist (5.1.1)"),
    Field::new("bounce_rate", Type::Percent, "fraction of recipients that were refused for good"),
    Field::new("client_ips", Type::List(&Type::Str), "addresses that it sent from, by messages; at most 20"),
    Field::new("client_ip_count", Type::Int, "how many addresses there were"),
    Field::new(
        "clients",
        Type::List(&Type::Object(IP)),
        "the addresses of `client_ips` with their messages and where they are; null without --geoip",
    ),
    Field::new(
        "countries",
        Type::Object(COUNTRIES),
        "countries it sent from; null without a database of them (--geoip)",
    ),
    Field::new(
        "asns",
        Type::Object(ASNS),
        "owners of networks it sent from; null without a database of them (--geoip)",
    ),
    Field::new("senders", Type::List(&Type::Object(SENT)), "envelope senders that it used, by messages; at most 20"),
    Field::new("sender_count", Type::Int, "how many envelope senders there were"),
    Field::new("forged", Type::Int, "messages of a login under another sender than itself"),
    Field::new("first", Type::Time, "its first message in the window"),
    Field::new("last", Type::Time, "its last message in the window"),
    Field::new("hours", Type::List(&Type::Object(HOUR)), "hours of the clock, in UTC, in which it sent"),
    Field::new("rcpt_median", Type::Int, "the median of recipients per message"),
    Field::new("rcpt_max", Type::Int, "most recipients of one message"),
    Field::new("nets_hour", Type::Int, "most client networks (/24, of IPv6 /48) within any 60 minutes"),
    Field::new("nets_day", Type::Int, "the same within any 24 hours"),
    Field::new(
        "blocked",
        Type::List(&Type::Object(BLOCKED)),
        "servers that refused its mail as spam or by policy; at most 20",
    ),
    Field::new(
        "singles",
        Type::List(&Type::Object(SINGLE)),
        "single messages to one recipient from an address of its own; at most 20",
    ),
    Field::new("scripts", Type::List(&Type::Object(SCRIPT)), "where its scripts lie, where the log tells; at most 20"),
    Field::new("samples", Type::List(&Type::Object(SAMPLE)), "the first messages of its busiest 60 minutes; at most 5"),
];

/// The declared output of the senders report.
pub const SENDERS_OUTPUT: &[Field] = &[
    WINDOW_FROM,
    WINDOW_TO,
    COVERED_FROM,
    COMPLETE,
    INCOMPLETE,
    LINES,
    Field::new("messages", Type::Int, "messages of all rows"),
    Field::new("recipients", Type::Int, "their recipients"),
    Field::new(
        "relayed",
        Type::Int,
        "messages without a login that went to other hosts: forwards, relays, local programs over SMTP",
    ),
    Field::new("rows", Type::List(&Type::Object(ROW)), "one for each login or local user, by messages"),
    Field::new(
        "by_sender",
        Type::List(&Type::Object(SENT)),
        "envelope senders of all mail that left, by messages; at most 20",
    ),
];
