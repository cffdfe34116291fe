use crate::cli::args::fail_on_words;
use crate::cli::error::CliError;
use crate::cli::settings::{Settings, terminal_width};
use crate::cli::{exit, load, output, pace, runtime, unpack};
use crate::host::time::{Clock, before, is_zone_name, parse_offset};
use crate::mail::geo;
use crate::mail::log::Window;
use crate::mail::mta;
use crate::mail::offline;
use crate::mail::offline::AtHand;
use crate::mail::read::logins::{self, LoginsReport};
use crate::mail::read::senders::{self, SendersReport};
use crate::mail::signals::{self, Baseline, Facts, Limits, SignalsReport};
use crate::model::counted::counted;
use crate::model::{Finding, Level, Profile};
use crate::report::{columns, text};
use clap::builder::PossibleValuesParser;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Who sent what, by mail logs at hand; contacts nobody
///
/// The same analysis as the verbs mail.senders, mail.logins and mail.signals, of log files that somebody sent:
/// plain or packed with gzip, bzip2, xz or zstd, in any order. What needs the server itself (its accounts, its
/// queue) is not judged, and that is said.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleet senders maillog maillog.1.gz
  fleet senders --since 24h --tz Asia/Tokyo mail.log
  fleet senders --geoip GeoLite2-Country.mmdb maillog
  ssh mx07 cat /var/log/maillog | fleet senders - --output json")]
pub struct Args {
    /// Log files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Only this long before the last line, such as 24h; all when absent
    #[arg(long, value_name = "DURATION")]
    since: Option<String>,
    /// Zone of times that name none: Asia/Tokyo or +0900; this machine's when absent
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
    /// Mail server whose log it is; told by its lines when absent
    #[arg(long, value_name = "NAME", value_parser = names())]
    mta: Option<String>,
    /// Rows of the table at most
    #[arg(long, value_name = "N", default_value_t = 30)]
    top: usize,
    /// Exit with 8 when there is a signal of this level or worse
    #[arg(long, value_name = "LEVEL", default_value = "high", value_parser = fail_on_words())]
    fail_on: String,
}

/// Mail servers whose logs can be read.
fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(mta::ALL.iter().filter(|m| m.log().is_some()).map(|m| m.name()))
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let since = pace::given_duration("--since", args.since.as_deref())?;
    let (zone, offset) = zone(args.tz.as_deref())?;
    let now = Timestamp::now().as_second();
    let clock = Clock::new(&Profile { zone: zone.clone(), utc_offset: offset, ..Profile::default() }, now);
    let places = load::geo(settings)?;
    let files = unpack::log_files(&args.files)?;
    let read = offline::read(&files, args.mta.as_deref(), &clock)
        .map_err(|why| CliError::invalid(format!("{}: {why}", args.files.join(", "))))?;
    let AtHand { mta, sent, logins } = read;
    let times = || sent.records.iter().map(|r| r.send.at).chain(logins.records.iter().map(|r| r.at));
    let last = times().max().unwrap_or(now);
    let first = times().chain(sent.begins).min().unwrap_or(last);
    let from = since.map_or(first, |since| before(last, since).max(first));
    let window = Window { from, now: last, days: Vec::new() };
    let logins = logins::report(&logins, &window, &None, &places);
    let sent = senders::report(&sent, &window, &BTreeMap::new(), &places);
    let signals = signals::judge(&Facts {
        senders: &sent,
        logins: Some(&logins),
        queue: None,
        names: None,
        baseline: &Baseline::default(),
        exemptions: &[],
        reported: &[],
        today: runtime::day(Timestamp::now()),
        limits: &Limits::default(),
        geo: &places,
    });
    match settings.format.for_people {
        true => output::data(&page(settings, mta, &zone_word(&zone, offset), &sent, &logins, &signals, args.top))?,
        false => output::document(settings, &document(mta, &zone_word(&zone, offset), &sent, &logins, &signals))?,
    }
    let worst = signals.rows.iter().map(|s| s.level).max();
    Ok(exit::of_worst(worst, Level::parse(&args.fail_on)))
}

/// A zone by name, or by its offset in seconds.
fn zone(given: Option<&str>) -> Result<(String, i32), CliError> {
    let Some(given) = given else {
        let system = TimeZone::system();
        let offset = system.to_offset(Timestamp::now()).seconds();
        return Ok((system.iana_name().unwrap_or_default().to_owned(), offset));
    };
    let offset = parse_offset(&given.replace(':', ""));
    match offset {
        Some(offset) => Ok((String::new(), offset)),
        None if is_zone_name(given) && TimeZone::get(given).is_ok() => Ok((given.to_owned(), 0)),
        None => Err(CliError::invalid("--tz must be a zone such as Asia/Tokyo, or an offset such as +0900")),
    }
}

fn zone_word(zone: &str, offset: i32) -> String {
    match zone.is_empty() {
        true => jiff::tz::Offset::from_seconds(offset).map_or_else(|_| "UTC".into(), |o| o.to_string()),
        false => zone.to_owned(),
    }
}

fn document(mta: &str, zone: &str, sent: &SendersReport, logins: &LoginsReport, signals: &SignalsReport) -> Value {
    json!({"schema_version": 1, "mta": mta, "zone": zone, "senders": sent, "logins": logins, "signals": signals})
}

fn page(
    settings: &Settings,
    mta: &str,
    zone: &str,
    sent: &SendersReport,
    logins: &LoginsReport,
    signals: &SignalsReport,
    top: usize,
) -> String {
    let time = |t: &Option<String>| t.clone().unwrap_or_else(|| "-".into());
    let mut out = format!(
        "{mta}  {} to {}  zone {zone}  {}  {}  {}\n\n",
        time(&sent.window_from),
        time(&sent.window_to),
        counted(sent.lines, "lines"),
        counted(sent.messages, "messages"),
        counted(sent.recipients as usize, "recipients")
    );
    let failed: BTreeMap<&str, u64> = logins.rows.iter().map(|r| (r.account.as_str(), r.failed)).collect();
    let row = |r: &senders::Sender| {
        let numbers = [
            r.messages as u64,
            r.recipients,
            r.peak_per_hour as u64,
            r.peak_recipients_per_hour,
            r.bounced,
            r.deferred,
            r.forged as u64,
            r.client_ip_count as u64,
            failed.get(r.account.as_str()).copied().unwrap_or(0),
        ];
        let mut cells = vec![r.account.clone()];
        cells.extend(numbers.iter().map(u64::to_string));
        cells.extend([time(&r.first), time(&r.last)]);
        cells.extend(r.countries.as_ref().map(|c| few(c.rows.iter().map(|row| row.country.clone()), c.total)));
        cells.extend(r.asns.as_ref().map(|a| few(a.rows.iter().map(|row| format!("AS{}", row.asn)), a.total)));
        cells
    };
    let rows: Vec<Vec<String>> = sent.rows.iter().take(top).map(row).collect();
    let mut header = vec![
        "ACCOUNT", "MESSAGES", "RCPTS", "MSGS/H", "RCPTS/H", "BOUNCED", "WAITING", "FORGED", "CLIENTS", "FAILED",
        "FIRST", "LAST",
    ];
    let tells = |what: &str| signals.geo.iter().any(|db| db.tells.contains(&what));
    header.extend(tells("country").then_some("COUNTRIES"));
    header.extend(tells("asn").then_some("NETWORKS"));
    out.push_str(&columns(&rows, &header, usize::from(terminal_width())));
    if sent.rows.len() > top {
        out.push_str(&format!("and {} more (--top {})\n", sent.rows.len() - top, sent.rows.len()));
    }
    let guessed = logins.rows.iter().filter(|r| r.ok == 0 && r.failed > 0).count();
    if guessed > 0 {
        out.push_str(&format!("logins that only failed: {} for {}\n", logins.failed, counted(guessed, "names")));
    }
    out.push('\n');
    for signal in &signals.rows {
        let finding = Finding {
            code: signal.code.to_owned(),
            level: signal.level,
            key: signal.account.clone(),
            message: signal.message.clone(),
            data: signal.data.clone(),
        };
        let level = text::level(settings.lang, signal.level);
        out.push_str(&format!("{level:8}  {}  {}\n", signal.code, text::finding(settings.lang, &finding).text));
    }
    if signals.rows.is_empty() {
        out.push_str("no signal\n");
    }
    for why in sent.incomplete.iter().chain(&logins.incomplete).chain(&signals.not_judged) {
        out.push_str(&format!("not known: {}\n", crate::model::untrusted::clean_line(why, 300)));
    }
    for geo::Source { kind, tells, built, stale } in &signals.geo {
        let old = if *stale { ", more than six months ago: some may have changed" } else { "" };
        out.push_str(&format!("{} by {kind}, built {built}{old}\n", tells.join(" and ")));
    }
    out
}

/// The first three, and how many more.
fn few(names: impl Iterator<Item = String>, total: usize) -> String {
    let names: Vec<String> = names.take(3).collect();
    let more = if total > names.len() { format!(" +{}", total - names.len()) } else { String::new() };
    names.join(",") + &more
}
