//! Messages into rows.

use super::report::{
    BlockedRow, HourRow, Sample, ScriptRow, Sender, SenderKind, SendersReport, SentRow, Single, is_own,
};
use crate::host::nets;
use crate::host::time::rfc3339;
use crate::mail::geo::{Geo, located, spreads};
use crate::mail::log::{LogReading, LogRecord, Window};
use crate::model::mail::{Origin, SendRecord};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Entries of each list.
const TOP: usize = 20;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// Messages of a row that are named.
const SAMPLES: usize = 5;

/// Adds up a log. Mail that came in from other hosts has no row.
pub fn report(reading: &LogReading, window: &Window, users: &BTreeMap<u32, String>, geo: &Geo) -> SendersReport {
    let mut groups: BTreeMap<Who, Vec<&LogRecord>> = BTreeMap::new();
    let uids: BTreeMap<&str, u32> = users.iter().rev().map(|(uid, name)| (name.as_str(), *uid)).collect();
    let mut left: Vec<&LogRecord> = Vec::new();
    let mut relayed = 0;
    for record in reading.records.iter().filter(|r| r.send.at >= window.from) {
        let who = match &record.send.origin {
            // Clients write a login as they like; it is one account.
            Origin::Login(login) => Some(Who::Login(login.to_lowercase())),
            Origin::Uid(uid) => Some(Who::Uid(*uid)),
            Origin::User(name) => {
                Some(uids.get(name.as_str()).map_or_else(|| Who::User(name.clone()), |u| Who::Uid(*u)))
            }
            Origin::Remote if record.send.sent > 0 => None,
            Origin::Remote => continue,
        };
        match who {
            Some(who) => groups.entry(who).or_default().push(record),
            None => relayed += 1,
        }
        left.push(record);
    }
    let mut rows: Vec<Sender> = groups.into_iter().map(|(who, records)| row(&who, &records, users, geo)).collect();
    rows.sort_by_key(|row| Reverse(row.messages));

    let mut incomplete = reading.incomplete.clone();
    incomplete.extend(window.gap("mail log", reading.begins));
    SendersReport {
        window_from: rfc3339(window.from),
        window_to: rfc3339(window.now),
        covered_from: reading.begins.and_then(rfc3339),
        complete: incomplete.is_empty(),
        incomplete,
        lines: reading.lines,
        messages: rows.iter().map(|r| r.messages).sum(),
        recipients: rows.iter().map(|r| r.recipients).sum(),
        relayed,
        rows,
        by_sender: by_sender(&left).0,
    }
}

/// Whom messages are counted under.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Login(String),
    Uid(u32),
    /// A local user that the host's list does not know.
    User(String),
}

/// One account's messages, which are in the order of time.
fn row(who: &Who, records: &[&LogRecord], users: &BTreeMap<u32, String>, geo: &Geo) -> Sender {
    let (account, kind, user) = match who {
        Who::Login(login) => (login.clone(), SenderKind::Login, None),
        Who::Uid(uid) => (format!("uid:{uid}"), SenderKind::Script, users.get(uid).cloned()),
        Who::User(name) => (format!("user:{name}"), SenderKind::Script, Some(name.clone())),
    };
    let sum = |number: fn(&LogRecord) -> u32| records.iter().map(|r| u64::from(number(r))).sum::<u64>();
    let recipients = sum(|r| r.send.recipients);
    let bounced = sum(|r| r.send.bounced);
    let rate = |n: u64| if recipients == 0 { 0.0 } else { (n as f64 / recipients as f64).min(1.0) };
    let peak = peak(records);
    let seen: Vec<_> = records.iter().filter_map(|r| Some((r.send.at, r.send.client_ip.as_deref()?))).collect();
    let (senders, sender_count) = by_sender(records);
    let mut ips: BTreeMap<&str, u64> = BTreeMap::new();
    seen.iter().for_each(|(_, ip)| *ips.entry(ip).or_default() += 1);
    let client_ip_count = ips.len();
    let clients = located(ips, geo);
    let (countries, asns) = spreads(geo, &seen.iter().map(|&(at, ip)| (at, ip, 1)).collect::<Vec<_>>());
    Sender {
        kind,
        user,
        messages: records.len(),
        recipients,
        peak_per_hour: peak.messages,
        peak_recipients_per_hour: peak.recipients,
        peak_at: peak.at.and_then(rfc3339),
        sent: sum(|r| r.send.sent),
        delivered: sum(|r| r.delivered),
        deferred: sum(|r| r.send.deferred),
        bounced,
        unknown_rcpt: rate(sum(|r| r.unknown)),
        bounce_rate: rate(bounced),
        client_ips: clients.iter().map(|row| row.ip.clone()).collect(),
        client_ip_count,
        clients: (!geo.is_empty()).then_some(clients),
        countries,
        asns,
        senders,
        sender_count,
        forged: match kind {
            SenderKind::Script => 0,
            SenderKind::Login => {
                records.iter().filter(|r| !r.send.sender.is_empty() && !is_own(&account, &r.send.sender)).count()
            }
        },
        first: records.first().and_then(|r| rfc3339(r.send.at)),
        last: records.last().and_then(|r| rfc3339(r.send.at)),
        hours: hours(records),
        rcpt_median: median(records.iter().map(|r| r.send.recipients).collect()),
        rcpt_max: records.iter().map(|r| r.send.recipients).max().unwrap_or(0),
        nets_hour: nets::most(&seen, HOUR).0,
        nets_day: nets::most(&seen, DAY).0,
        blocked: blocked(records),
        singles: singles(records),
        scripts: scripts(records),
        samples: records.iter().filter(|r| Some(r.send.at) >= peak.at).take(SAMPLES).map(|r| sample(r)).collect(),
        account,
    }
}

/// The lower one of two in the middle.
fn median(mut numbers: Vec<u32>) -> u32 {
    numbers.sort_unstable();
    numbers.get(numbers.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

fn sample(record: &LogRecord) -> Sample {
    let SendRecord { at, id, client_ip, sender, recipients, .. } = &record.send;
    Sample { at: rfc3339(*at), id: id.clone(), ip: client_ip.clone(), sender: sender.clone(), recipients: *recipients }
}

fn blocked(records: &[&LogRecord]) -> Vec<BlockedRow> {
    let mut remotes: BTreeMap<&str, BlockedRow> = BTreeMap::new();
    for refusal in records.iter().flat_map(|r| &r.blocked) {
        let new = || BlockedRow { remote: refusal.remote.clone(), messages: 0, text: refusal.text.clone() };
        remotes.entry(&refusal.remote).or_insert_with(new).messages += 1;
    }
    let mut rows: Vec<BlockedRow> = remotes.into_values().collect();
    rows.sort_by_key(|row| Reverse(row.messages));
    rows.truncate(TOP);
    rows
}

/// Messages to one recipient that are all that came from their address.
fn singles(records: &[&LogRecord]) -> Vec<Single> {
    let mut by_ip: BTreeMap<&str, Vec<&LogRecord>> = BTreeMap::new();
    for record in records {
        if let Some(ip) = &record.send.client_ip {
            by_ip.entry(ip).or_default().push(record);
        }
    }
    let first = records.first().map(|r| r.send.at);
    let mut found: Vec<(i64, Single)> = by_ip
        .into_iter()
        .filter_map(|(ip, sent)| match sent.as_slice() {
            [one] => Some((
                one.send.at,
                Single {
                    at: rfc3339(one.send.at),
                    ip: ip.to_owned(),
                    recipient: one.recipient.clone()?,
                    size: one.send.size,
                    known: first < Some(one.send.at),
                },
            )),
            _ => None,
        })
        .collect();
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, single)| single).take(TOP).collect()
}

fn scripts(records: &[&LogRecord]) -> Vec<ScriptRow> {
    let mut scripts: BTreeMap<&str, usize> = BTreeMap::new();
    records.iter().filter_map(|r| r.script.as_deref()).for_each(|s| *scripts.entry(s).or_default() += 1);
    let mut rows: Vec<ScriptRow> =
        scripts.into_iter().map(|(script, messages)| ScriptRow { script: script.to_owned(), messages }).collect();
    rows.sort_by_key(|row| Reverse(row.messages));
    rows.truncate(TOP);
    rows
}

#[derive(Default)]
struct Peak {
    messages: usize,
    recipients: u64,
    at: Option<i64>,
}

/// The most of any 60 minutes, by messages and by recipients.
fn peak(records: &[&LogRecord]) -> Peak {
    let mut peak = Peak::default();
    let mut recipients = 0;
    let mut start = records.iter().peekable();
    let mut messages = 0;
    for record in records {
        messages += 1;
        recipients += u64::from(record.send.recipients);
        while let Some(gone) = start.next_if(|first| first.send.at + HOUR <= record.send.at) {
            messages -= 1;
            recipients -= u64::from(gone.send.recipients);
        }
        if messages > peak.messages {
            peak.messages = messages;
            peak.at = start.peek().map(|first| first.send.at);
        }
        peak.recipients = peak.recipients.max(recipients);
    }
    peak
}

fn hours(records: &[&LogRecord]) -> Vec<HourRow> {
    let mut hours: BTreeMap<i64, (usize, u64)> = BTreeMap::new();
    for record in records {
        let hour = hours.entry(record.send.at.div_euclid(HOUR) * HOUR).or_default();
        hour.0 += 1;
        hour.1 += u64::from(record.send.recipients);
    }
    let row = |(at, (messages, recipients))| HourRow { hour: rfc3339(at), messages, recipients };
    hours.into_iter().map(row).collect()
}

/// The envelope senders with the most messages, and how many there were.
fn by_sender(records: &[&LogRecord]) -> (Vec<SentRow>, usize) {
    let mut senders: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    for record in records {
        let sum = senders.entry(&record.send.sender).or_default();
        sum.0 += 1;
        sum.1 += u64::from(record.send.recipients);
    }
    let count = senders.len();
    let mut senders: Vec<(&str, (usize, u64))> = senders.into_iter().collect();
    senders.sort_by_key(|&(_, (messages, _))| Reverse(messages));
    let row = |(sender, (messages, recipients)): (&str, _)| SentRow { sender: sender.to_owned(), messages, recipients };
    (senders.into_iter().take(TOP).map(row).collect(), count)
}
