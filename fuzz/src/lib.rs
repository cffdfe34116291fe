//! What the targets share: a host and its answers, and what must hold of everything that a parser gives.

use fleet::host::time::Clock;
use fleet::mail::geo::Geo;
use fleet::mail::log::{LogReading, LogRecord};
use fleet::mail::mta::{self, Log};
use fleet::mail::read::accounts::AccountsReport;
use fleet::mail::read::queue::{self, QueueArgs};
use fleet::mail::read::{logins, senders};
use fleet::mail::signals::{self, Baseline, Facts, Limits, Names};
use fleet::model::profile::Found;
use fleet::model::untrusted::{clean, clean_line};
use fleet::model::{Host, HostBytes, HostName, Profile};
use fleet::shell::{Ended, Part, PartOutput, batch};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// 2026-11-24T03:00:00Z: the captures were made in the hours before.
pub const NOW: i64 = 1_795_489_200;
const SINCE: Duration = Duration::from_secs(2 * 86_400);
/// A text of a host is cut after 320 characters, each of which may be written as `\u{10ffff}`; a sentence may hold
/// two of them.
const MAX_STRING: usize = 8 << 10;
/// Bytes of a report for each byte of its input: one list for each way to look at a message, and ten characters for
/// one that is not safe to print.
const MAX_GROWTH: usize = 200;

pub fn host() -> Host {
    Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root")
}

/// A host with that mail server and that panel.
pub fn profile(mta: &str, panel: &str) -> Profile {
    let found = |name: &str| vec![Found { name: name.into(), version: String::new(), active: true }];
    Profile { now: NOW, mtas: found(mta), panels: found(panel), ..Profile::default() }
}

/// The answer to a part that ended well.
pub fn output(name: &str, stdout: &[u8]) -> PartOutput {
    PartOutput {
        name: name.into(),
        ended: Ended::Status(0),
        stdout: HostBytes::new(stdout.to_vec()),
        stderr: HostBytes::default(),
        truncated: false,
        elapsed: Duration::ZERO,
    }
}

/// Answers to several parts; a line `%%` stands between them in the input.
pub fn outputs(data: &[u8], names: &[&str]) -> Vec<PartOutput> {
    names.iter().zip(split(data)).map(|(name, bytes)| output(name, bytes)).collect()
}

/// The pieces of an input, between lines `%%`.
pub fn split(mut data: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    while let Some(at) = data.windows(4).position(|w| w == b"\n%%\n") {
        pieces.push(&data[..at + 1]);
        data = &data[at + 4..];
    }
    pieces.push(data);
    pieces
}

/// Everything in a report is safe to print, and it is not larger than what it was made of allows.
pub fn sound(input: &[u8], report: &impl Serialize) {
    let value = serde_json::to_value(report).unwrap();
    let size = safe(&value);
    assert!(size <= (64 << 10) + input.len() * MAX_GROWTH, "{} bytes became {size}", input.len());
}

fn safe(value: &Value) -> usize {
    match value {
        Value::String(text) => safe_text(text),
        Value::Array(items) => items.iter().map(safe).sum::<usize>() + 2,
        Value::Object(map) => map.iter().map(|(key, value)| safe_text(key) + safe(value)).sum::<usize>() + 2,
        Value::Null | Value::Bool(_) | Value::Number(_) => 4,
    }
}

/// What was made safe to print stays as it is when that is done again.
pub fn safe_text(text: &str) -> usize {
    assert!(text.len() <= MAX_STRING, "a text of {} bytes", text.len());
    assert_eq!(clean_line(text, usize::MAX), text);
    text.len()
}

/// A problem with an input is printed as it is: several lines, and tabs that somebody wrote in it.
pub fn safe_lines(text: &str) {
    assert_eq!(clean(text, usize::MAX), text);
}

/// What runs on a host can always be laid out, whatever was read of it before.
pub fn laid_out(parts: &[Part]) {
    let nonce = batch::Nonce::new([0xab; 16]);
    parts.iter().for_each(|part| drop(batch::layout(&nonce, 0, part).unwrap()));
}

/// The mail server of a letter.
pub fn mta(letter: u8) -> &'static str {
    match letter {
        b'p' => "postfix",
        b'e' => "exim",
        b's' => "sendmail",
        _ => "qmail",
    }
}

/// Reads a mail server's queue and makes its report.
pub fn read_queue(mta: &str, data: &[u8]) {
    let second = if mta == "sendmail" { "queue.log" } else { "queue.spool" };
    let (profile, outputs) = (profile(mta, "plain"), outputs(data, &["queue.list", second]));
    let listing = queue::list(&profile, &outputs).unwrap();
    let report = queue::read(&host(), &profile, &QueueArgs::default(), &outputs).unwrap();
    assert_eq!(report.total as usize, listing.messages.len());
    sound(data, &listing.messages);
    sound(data, &report);
}

/// Reads a mail server's log, all that is made of it, and the log twice in a row.
pub fn read_log(mta: &str, data: &[u8]) {
    let log = mta::find(mta).and_then(|m| m.log()).unwrap();
    let profile = profile(mta, "plain");
    let clock = Clock::new(&profile, NOW);
    // A header of its own, so that the second reading has the same clock.
    let once = [b"== 0 0 log\n", data, b"\n"].concat();
    let reading = log.read(&once, &clock);
    sound_reading(data, &reading);
    again(log, &once, &clock, &reading);

    let outputs = [output("senders.log", data), output("logins.log", data)];
    let senders = senders::read(&host(), &profile, SINCE, NOW, &outputs, &Geo::default()).unwrap();
    sound(data, &senders);
    let logins = logins::read(&host(), &profile, SINCE, NOW, &outputs, &Geo::default()).unwrap();
    sound(data, &logins);
    let names = Names { addresses: vec!["info@example.jp".into()], logins: Vec::new(), total: 1, complete: true };
    let baseline = Baseline { days: 9, ..Baseline::default() };
    let facts = Facts {
        senders: &senders,
        logins: Some(&logins),
        queue: None,
        names: Some(&names),
        baseline: &baseline,
        exemptions: &[],
        reported: &["info@example.jp".to_owned()],
        today: "2026-11-24".parse().unwrap(),
        limits: &low_limits(),
        geo: &Geo::default(),
    };
    sound(data, &signals::judge(&facts));
}

/// Limits so low that a few lines are suspicious.
fn low_limits() -> Limits {
    let names = fleet::mail::signals::LIMITS.iter().filter(|l| l.name != "new_nets" && l.name != "bounce_rate");
    let low: serde_json::Map<String, Value> = names.map(|l| (l.name.to_owned(), json!(1))).collect();
    serde_json::from_value(Value::Object(low)).unwrap()
}

fn sound_reading(data: &[u8], reading: &LogReading) {
    assert!(reading.foreign <= reading.lines);
    assert!(reading.records.len() <= reading.lines, "each message has a line of its own");
    assert!(reading.records.is_sorted_by_key(|r| r.send.at), "messages stand by time");
    let sends: Vec<_> = reading.records.iter().map(|r| &r.send).collect();
    sound(data, &sends);
    reading.incomplete.iter().for_each(|why| _ = safe_text(why));
    let texts = |r: &LogRecord| {
        let refusals = r.blocked.iter().flat_map(|b| [b.remote.clone(), b.text.clone()]);
        refusals.chain(r.script.clone()).chain(r.recipient.clone()).collect::<Vec<_>>()
    };
    reading.records.iter().flat_map(texts).for_each(|text| _ = safe_text(&text));
}

/// A log that is rotated while it is read repeats itself. What came first may be understood better the second time,
/// for a message's beginning is known then; but no line may make a second message.
fn again(log: &dyn Log, once: &[u8], clock: &Clock, first: &LogReading) {
    let reading = log.read(&once.repeat(2), clock);
    assert_eq!((reading.lines, reading.begins), (2 * first.lines, first.begins));
    assert!(reading.records.len() <= first.lines, "{} messages in {} lines", reading.records.len(), first.lines);
}

/// Accounts as they are reported.
pub fn sound_accounts(data: &[u8], report: &AccountsReport) {
    assert_eq!(report.total, report.accounts.len());
    assert_eq!(report.complete, report.incomplete.is_empty());
    sound(data, report);
}
