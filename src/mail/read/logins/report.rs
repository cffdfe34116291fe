//! The report of who logged in.

use crate::mail::geo::{ASNS, AsnRow, COUNTRIES, CountryRow, IP, IpRow, Spread};
use crate::mail::read::fields::{COMPLETE, COVERED_FROM, INCOMPLETE, LINES, WINDOW_FROM, WINDOW_TO};
use crate::model::schema::{Field, Type, record};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

record! {
    /// The logins of one host.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct LoginsReport {
        pub window_from: Option<String> = WINDOW_FROM,
        pub window_to: Option<String> = WINDOW_TO,
        pub covered_from: Option<String> = COVERED_FROM,
        pub complete: bool = COMPLETE,
        pub incomplete: Vec<String> = INCOMPLETE,
        pub lines: usize = LINES,
        /// logins that were done
        pub ok: u64,
        /// logins that failed
        pub failed: u64,
        /// of those that failed, those whose account an old mail server does not tell
        pub unnamed: u64,
        /// one for each login, those that were done most first
        pub rows: Vec<LoginsRow>,
        /// addresses with the most failures; at most 20
        pub failed_ips: Vec<IpRow> as List(&Type::Object(IP)),
    }
}

record! {
    /// One login.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct LoginsRow {
        /// the login in lower case
        pub account: String,
        /// logins that were done; over SMTP, messages that were handed in under it
        pub ok: u64,
        /// logins that failed
        pub failed: u64,
        /// logins that were done, by service: smtp, imap, pop3, sieve
        pub by_service: BTreeMap<String, u64>,
        /// logins that failed, by service
        pub failed_by_service: BTreeMap<String, u64>,
        /// addresses that got in, the most frequent first; at most 20
        pub client_ips: Vec<IpRow> as List(&Type::Object(IP)),
        /// how many addresses got in
        pub client_ip_count: usize,
        /// most networks (/24, of IPv6 /48) that got in within any 60 minutes
        pub nets_hour: usize,
        /// the same within any 24 hours
        pub nets_day: usize,
        /// when the 60 minutes with the most networks begin
        pub nets_at: Option<String> as Time,
        /// countries that got in; null without a database of them (--geoip)
        pub countries: Option<Spread<CountryRow>> as Object(COUNTRIES),
        /// owners of networks that got in; null without a database of them (--geoip)
        pub asns: Option<Spread<AsnRow>> as Object(ASNS),
        /// the first login that was done in the window
        pub first: Option<String> as Time,
        /// the last one
        pub last: Option<String> as Time,
        /// the login from a new address with the most failures before it; null when there was none
        pub guessed: Option<Guessed>,
        /// the login from the address that failed for the most other accounts; null when there was none
        pub shared_ip: Option<SharedIp>,
        /// IMAP, POP3 and sieve sessions that are open now; null when the server does not tell
        pub sessions: Option<usize>,
    }
}

record! {
    /// Failures, and then a login that was done from an address that was never seen before.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Guessed {
        /// logins to the account that failed in the 24 hours before
        pub failures: u64,
        /// the address that then got in, for the first time in this log
        pub ip: String,
        /// when it got in
        pub at: Option<String> as Time,
    }
}

record! {
    /// A login from an address that failed to log in to other accounts.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct SharedIp {
        /// the address that got in
        pub ip: String,
        /// other accounts to which it failed to log in
        pub accounts: usize,
        /// when it got in
        pub at: Option<String> as Time,
    }
}

/// The declared output.
pub const LOGINS_OUTPUT: &[Field] = LoginsReport::FIELDS;
