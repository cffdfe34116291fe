//! The report of who logged in.

use crate::mail::geo::{ASNS, AsnRow, COUNTRIES, CountryRow, IP, IpRow, Spread};
use crate::mail::read::fields::{COMPLETE, COVERED_FROM, INCOMPLETE, LINES, WINDOW_FROM, WINDOW_TO};
use crate::model::schema::{Field, Type};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The logins of one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoginsReport {
    pub window_from: Option<String>,
    pub window_to: Option<String>,
    pub covered_from: Option<String>,
    pub complete: bool,
    pub incomplete: Vec<String>,
    pub lines: usize,
    pub ok: u64,
    pub failed: u64,
    pub unnamed: u64,
    pub rows: Vec<LoginsRow>,
    pub failed_ips: Vec<IpRow>,
}

/// One login.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoginsRow {
    pub account: String,
    pub ok: u64,
    pub failed: u64,
    pub by_service: BTreeMap<String, u64>,
    pub failed_by_service: BTreeMap<String, u64>,
    pub client_ips: Vec<IpRow>,
    pub client_ip_count: usize,
    pub nets_hour: usize,
    pub nets_day: usize,
    pub nets_at: Option<String>,
    /// None without a database that tells them.
    pub countries: Option<Spread<CountryRow>>,
    pub asns: Option<Spread<AsnRow>>,
    pub first: Option<String>,
    pub last: Option<String>,
    pub guessed: Option<Guessed>,
    pub shared_ip: Option<SharedIp>,
    pub sessions: Option<usize>,
}

/// Failures, and then a login that was done from an address that was never seen before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guessed {
    pub failures: u64,
    pub ip: String,
    pub at: Option<String>,
}

/// A login from an address that failed to log in to other accounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SharedIp {
    pub ip: String,
    pub accounts: usize,
    pub at: Option<String>,
}

const GUESSED: &[Field] = &[
    Field::new("failures", Type::Int, "logins to the account that failed in the 24 hours before"),
    Field::new("ip", Type::Str, "the address that then got in, for the first time in this log"),
    Field::new("at", Type::Time, "when it got in"),
];
const SHARED: &[Field] = &[
    Field::new("ip", Type::Str, "the address that got in"),
    Field::new("accounts", Type::Int, "other accounts to which it failed to log in"),
    Field::new("at", Type::Time, "when it got in"),
];
const ROW: &[Field] = &[
    Field::new("account", Type::Str, "the login in lower case"),
    Field::new("ok", Type::Int, "logins that were done; over SMTP, messages that were handed in under it"),
    Field::new("failed", Type::Int, "logins that failed"),
    Field::new("by_service", Type::Map(&Type::Int), "logins that were done, by service: smtp, imap, pop3, sieve"),
    Field::new("failed_by_service", Type::Map(&Type::Int), "logins that failed, by service"),
    Field::new(
        "client_ips",
        Type::List(&Type::Object(IP)),
        "addresses that got in, the most frequent first; at most 20",
    ),
    Field::new("client_ip_count", Type::Int, "how many addresses got in"),
    Field::new("nets_hour", Type::Int, "most networks (/24, of IPv6 /48) that got in within any 60 minutes"),
    Field::new("nets_day", Type::Int, "the same within any 24 hours"),
    Field::new("nets_at", Type::Time, "when the 60 minutes with the most networks begin"),
    Field::new(
        "countries",
        Type::Object(COUNTRIES),
        "countries that got in; null without a database of them (--geoip)",
    ),
    Field::new("asns", Type::Object(ASNS), "owners of networks that got in; null without a database of them (--geoip)"),
    Field::new("first", Type::Time, "the first login that was done in the window"),
    Field::new("last", Type::Time, "the last one"),
    Field::new(
        "guessed",
        Type::Object(GUESSED),
        "the login from a new address with the most failures before it; null when there was none",
    ),
    Field::new(
        "shared_ip",
        Type::Object(SHARED),
        "the login from the address that failed for the most other accounts; null when there was none",
    ),
    Field::new(
        "sessions",
        Type::Int,
        "IMAP, POP3 and sieve sessions that are open now; null when the server does not tell",
    ),
];

/// The declared output of the logins report.
pub const LOGINS_OUTPUT: &[Field] = &[
    WINDOW_FROM,
    WINDOW_TO,
    COVERED_FROM,
    COMPLETE,
    INCOMPLETE,
    LINES,
    Field::new("ok", Type::Int, "logins that were done"),
    Field::new("failed", Type::Int, "logins that failed"),
    Field::new("unnamed", Type::Int, "of those that failed, those whose account an old mail server does not tell"),
    Field::new("rows", Type::List(&Type::Object(ROW)), "one for each login, those that were done most first"),
    Field::new("failed_ips", Type::List(&Type::Object(IP)), "addresses with the most failures; at most 20"),
];
