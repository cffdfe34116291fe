//! Logins into rows.

use super::reading::LoginReading;
use super::report::{Guessed, LoginsReport, LoginsRow, SharedIp};
use crate::host::nets;
use crate::host::time::rfc3339;
use crate::mail::geo::{Geo, located, spreads};
use crate::mail::log::{LoginRecord, Service, Window};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Rows; a guesser invents as many names as it likes.
const MAX_ROWS: usize = 5_000;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// Adds up the logins of a window.
pub fn report(
    reading: &LoginReading,
    window: &Window,
    sessions: &Option<BTreeMap<String, usize>>,
    geo: &Geo,
) -> LoginsReport {
    let mut records: Vec<&LoginRecord> = reading.records.iter().filter(|r| r.at >= window.from).collect();
    records.sort_by_key(|r| r.at);
    let mut accounts: BTreeMap<String, Vec<&LoginRecord>> = BTreeMap::new();
    // Accounts to which an address failed.
    let mut failed_for: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    let mut failed_ips: BTreeMap<&str, u64> = BTreeMap::new();
    let mut nameless: Vec<&LoginRecord> = Vec::new();
    for &record in &records {
        match &record.login {
            Some(login) => {
                accounts.entry(login.to_lowercase()).or_default().push(record);
                if let (false, Some(ip)) = (record.ok, &record.client_ip) {
                    failed_for.entry(ip).or_default().insert(login);
                }
            }
            None => nameless.push(record),
        }
        if let (false, Some(ip)) = (record.ok, &record.client_ip) {
            *failed_ips.entry(ip).or_default() += u64::from(record.times);
        }
    }
    let mut rows: Vec<LoginsRow> = accounts
        .iter()
        .map(|(account, records)| row(account, records, &nameless, &failed_for, sessions, geo))
        .collect();
    rows.sort_by_key(|row| Reverse((row.ok, row.failed)));
    let mut incomplete = reading.incomplete.clone();
    if rows.len() > MAX_ROWS {
        incomplete.push(format!("logins: {} of {} accounts are listed", MAX_ROWS, rows.len()));
        rows.truncate(MAX_ROWS);
    }
    incomplete.extend(window.gap("login log", reading.begins));
    let sum = |ok: bool| records.iter().filter(|r| r.ok == ok).map(|r| u64::from(r.times)).sum();
    LoginsReport {
        window_from: rfc3339(window.from),
        window_to: rfc3339(window.now),
        covered_from: reading.begins.and_then(rfc3339),
        complete: incomplete.is_empty(),
        incomplete,
        lines: reading.lines,
        ok: sum(true),
        failed: sum(false),
        unnamed: nameless.iter().map(|r| u64::from(r.times)).sum(),
        failed_ips: located(failed_ips, geo),
        rows,
    }
}

fn row(
    account: &str,
    records: &[&LoginRecord],
    nameless: &[&LoginRecord],
    failed_for: &HashMap<&str, BTreeSet<&str>>,
    sessions: &Option<BTreeMap<String, usize>>,
    geo: &Geo,
) -> LoginsRow {
    let done: Vec<&LoginRecord> = records.iter().copied().filter(|r| r.ok).collect();
    let services = |ok: bool| {
        let mut services = BTreeMap::new();
        for record in records.iter().filter(|r| r.ok == ok) {
            *services.entry(word(record.service).to_owned()).or_default() += u64::from(record.times);
        }
        services
    };
    let mut ips: BTreeMap<&str, u64> = BTreeMap::new();
    for record in &done {
        if let Some(ip) = &record.client_ip {
            *ips.entry(ip).or_default() += u64::from(record.times);
        }
    }
    let seen: Vec<_> = done.iter().filter_map(|r| Some((r.at, r.client_ip.as_deref()?))).collect();
    let (nets_hour, nets_at) = nets::most(&seen, HOUR);
    let often = done.iter().filter_map(|r| Some((r.at, r.client_ip.as_deref()?, u64::from(r.times))));
    let (countries, asns) = spreads(geo, &often.collect::<Vec<_>>());
    let count = |ok: bool| records.iter().filter(|r| r.ok == ok).map(|r| u64::from(r.times)).sum();
    LoginsRow {
        account: account.to_owned(),
        ok: count(true),
        failed: count(false),
        by_service: services(true),
        failed_by_service: services(false),
        client_ip_count: ips.len(),
        client_ips: located(ips, geo),
        nets_hour,
        nets_day: nets::most(&seen, DAY).0,
        nets_at: nets_at.and_then(rfc3339),
        countries,
        asns,
        first: done.first().and_then(|r| rfc3339(r.at)),
        last: done.last().and_then(|r| rfc3339(r.at)),
        guessed: guessed(records, nameless),
        shared_ip: shared(account, &done, failed_for),
        sessions: sessions.as_ref().map(|s| s.get(account).copied().unwrap_or(0)),
    }
}

fn word(service: Service) -> &'static str {
    match service {
        Service::Smtp => "smtp",
        Service::Imap => "imap",
        Service::Pop3 => "pop3",
        Service::Sieve => "sieve",
    }
}

/// The login from an address never seen before with the most failures in the 24 hours before it. Where an old
/// mail server does not tell whose login failed, the failures from the same address count.
fn guessed(records: &[&LoginRecord], nameless: &[&LoginRecord]) -> Option<Guessed> {
    let mut seen = BTreeSet::new();
    let mut most: Option<(u64, &str, i64)> = None;
    for record in records.iter().filter(|r| r.ok) {
        let Some(ip) = record.client_ip.as_deref() else { continue };
        if !seen.insert(ip) {
            continue;
        }
        let before = |r: &&&LoginRecord| !r.ok && r.at <= record.at && r.at > record.at - DAY;
        let own = records.iter().filter(before).map(|r| u64::from(r.times)).sum::<u64>();
        let from_there = nameless.iter().filter(before).filter(|r| r.client_ip.as_deref() == Some(ip));
        let failures = own + from_there.map(|r| u64::from(r.times)).sum::<u64>();
        if failures > most.map_or(0, |m| m.0) {
            most = Some((failures, ip, record.at));
        }
    }
    most.map(|(failures, ip, at)| Guessed { failures, ip: ip.to_owned(), at: rfc3339(at) })
}

fn shared(account: &str, done: &[&LoginRecord], failed_for: &HashMap<&str, BTreeSet<&str>>) -> Option<SharedIp> {
    let others =
        |ip: &str| failed_for.get(ip).map_or(0, |all| all.iter().filter(|a| !a.eq_ignore_ascii_case(account)).count());
    let worst = done
        .iter()
        .filter_map(|r| Some((others(r.client_ip.as_deref()?), *r)))
        .max_by_key(|(n, r)| (*n, Reverse(r.at)))?;
    let (accounts, record) = worst;
    (accounts > 0).then(|| SharedIp {
        ip: record.client_ip.clone().unwrap_or_default(),
        accounts,
        at: rfc3339(record.at),
    })
}
