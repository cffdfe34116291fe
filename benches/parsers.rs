//! How fast texts are read: a mail log, a queue listing, known_hosts and an inventory.
//!
//! `cargo bench --bench parsers`. All texts are made here, the same ones each time; nothing is contacted. Times are
//! those of one thread on a processor.

use fleet::inventory::{Context, Inventory, Selection};
use fleet::mail::geo::Geo;
use fleet::mail::read::queue::{self, QueueArgs};
use fleet::mail::read::senders;
use fleet::model::profile::Found;
use fleet::model::source::Source;
use fleet::model::{Host, HostBytes, HostName, Profile};
use fleet::shell::{Ended, PartOutput};
use fleet::ssh::known_hosts::{KnownHosts, Verdict};
use hmac::{Hmac, KeyInit, Mac};
use russh::keys::{PublicKey, parse_public_key_base64};
use sha1::Sha1;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

type Done<T> = Result<T, Box<dyn Error>>;

/// 2026-11-24T02:00:00Z; the log's day ends here.
const NOW: i64 = 1_795_485_600;
/// Bytes of a log that are kept of one host.
const LOG: usize = 64 << 20;
const QUEUED: usize = 80_000;
const KNOWN: usize = 5_000;
const HOSTS: usize = 10_000;
/// Each figure is the median of so many.
const RUNS: usize = 5;
/// The kernel counts in steps of up to 10 ms, so a short run is repeated for so long.
const SAMPLE: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    match [mail_log, mail_queue, known_hosts, inventory].iter().try_for_each(|bench| bench()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn say(what: &str, measured: f64, unit: &str) -> Done<()> {
    Ok(writeln!(io::stdout(), "{what:<62} {measured:>9.1} {unit}")?)
}

/// The median time of a run, what it returns dropped included.
fn time<T>(mut run: impl FnMut() -> Done<T>) -> Done<Duration> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let (before, mut runs) = (on_processor()?, 0);
        let mut spent = Duration::ZERO;
        while spent < SAMPLE {
            drop(black_box(run()?));
            runs += 1;
            spent = on_processor()? - before;
        }
        times.push(spent / runs);
    }
    times.sort_unstable();
    Ok(times.get(RUNS / 2).copied().unwrap_or_default())
}

/// How long this thread was on a processor: what else the machine does is left out.
fn on_processor() -> Done<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = text.split_whitespace().next().ok_or("schedstat is empty")?.parse()?;
    Ok(Duration::from_nanos(nanos))
}

fn rate(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

fn micros(time: Duration, n: usize) -> f64 {
    time.as_secs_f64() * 1e6 / n as f64
}

/// Numbers that look random and are the same each time (Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn output(name: &str, text: String) -> PartOutput {
    PartOutput {
        name: name.into(),
        ended: Ended::Status(0),
        stdout: HostBytes::new(text.into_bytes()),
        stderr: HostBytes::default(),
        truncated: false,
        elapsed: Duration::ZERO,
    }
}

fn host() -> Done<(Host, Profile)> {
    let name = HostName::parse("mx1").ok_or("the name is not one")?;
    let found = Found { name: "postfix".into(), version: String::new(), active: true };
    Ok((Host::new(name, "mx1", 22, "root"), Profile { now: NOW, mtas: vec![found], ..Profile::default() }))
}

fn mail_log() -> Done<()> {
    let (host, profile) = host()?;
    let (text, messages) = postfix_log()?;
    let (bytes, lines) = (text.len(), text.lines().count());
    let outputs = [output("senders.log", text), output("senders.users", "33\twww-data\n".into())];
    let since = Duration::from_secs(2 * 86_400);
    let geo = Geo::default();
    let report = senders::read(&host, &profile, since, NOW, &outputs, &geo)?;
    if report.messages as usize != messages {
        return Err(format!("{} of {messages} messages were read", report.messages).into());
    }
    let took = time(|| Ok(senders::read(&host, &profile, since, NOW, &outputs, &geo)?))?;
    let what = format!("mail log, {} MiB, {lines} lines, {messages} messages, to a report", bytes >> 20);
    say(&what, rate(bytes, took), "MB/s")
}

/// A day of Postfix in BSD time, and its messages: 3,000 logins, one in ten messages under a forged sender, one in
/// five deferred once and tried again while others come.
fn postfix_log() -> Done<(String, usize)> {
    let mut dice = Dice(1);
    let mut log = String::with_capacity(LOG + 4096);
    let mut waiting: Vec<(String, String)> = Vec::new();
    let mut messages = 0;
    let size = LOG - (1 << 20);
    while log.len() < size {
        // The day runs with the bytes that are written.
        let second = log.len() as u64 * 86_000 / LOG as u64;
        let hour = second / 3_600 + 2;
        let (day, hour) = (23 + hour / 24, hour % 24);
        let time = format!("Nov {day} {hour:02}:{:02}:{:02} mx1 postfix", second / 60 % 60, second % 60);
        if waiting.len() > 500 {
            let (id, from) = waiting.swap_remove(dice.below(500) as usize);
            writeln!(log, "{time}/qmgr[128]: {id}: from=<{from}>, size=4213, nrcpt=1 (queue active)")?;
            sent(&mut log, &time, &id)?;
        }
        let login = format!("user{}@customer{}.example.jp", dice.below(3_000), dice.below(40));
        let forged = dice.below(10) == 0;
        let from = if forged { format!("ceo{}@forged.example.org", dice.below(1 << 20)) } else { login.clone() };
        let id = format!("{:05X}{:06X}", dice.below(1 << 20), messages);
        let ip = format!("203.0.{}.{}", 113 + dice.below(20), dice.below(255));
        writeln!(log, "{time}/smtpd[143]: connect from unknown[{ip}]")?;
        writeln!(log, "{time}/smtpd[143]: {id}: client=unknown[{ip}], sasl_method=LOGIN, sasl_username={login}")?;
        writeln!(log, "{time}/cleanup[149]: {id}: message-id=<{messages}.{second}@client.example.jp>")?;
        writeln!(log, "{time}/qmgr[128]: {id}: from=<{from}>, size=4213, nrcpt=1 (queue active)")?;
        writeln!(
            log,
            "{time}/smtpd[143]: disconnect from unknown[{ip}] ehlo=1 auth=1 mail=1 rcpt=1 data=1 commands=5"
        )?;
        match dice.below(5) {
            0 => {
                let reply = "connect to mx.slow.example.net[198.51.100.7]:25: Connection timed out";
                writeln!(
                    log,
                    "{time}/smtp[152]: {id}: to=<b@slow.example.net>, relay=none, delay=30, delays=0.1/0/30/0, \
                     dsn=4.4.1, status=deferred ({reply})"
                )?;
                waiting.push((id, from));
            }
            _ => sent(&mut log, &time, &id)?,
        }
        messages += 1;
    }
    log.push_str("end\n");
    Ok((log, messages))
}

fn sent(log: &mut String, time: &str, id: &str) -> Done<()> {
    writeln!(
        log,
        "{time}/smtp[150]: {id}: to=<a@ok.example.net>, relay=mx.ok.example.net[198.51.100.2]:25, delay=0.9, \
         delays=0.1/0/0.3/0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4jYQwX63t0z1Vc5c)"
    )?;
    Ok(writeln!(log, "{time}/qmgr[128]: {id}: removed")?)
}

fn mail_queue() -> Done<()> {
    let (host, profile) = host()?;
    let mut dice = Dice(2);
    let mut text = String::new();
    for n in 0..QUEUED {
        writeln!(
            text,
            "{{\"queue_name\": \"deferred\", \"queue_id\": \"{:05X}{n:06X}\", \"arrival_time\": {}, \"message_size\": 4213, \
             \"forced_expire\": false, \"sender\": \"user{}@example.jp\", \"recipients\": [{{\"address\": \
             \"a{n}@domain{}.example.net\", \"delay_reason\": \"connect to 198.51.100.9[198.51.100.9]:25: Connection \
             refused\"}}]}}",
            dice.below(1 << 20),
            NOW - dice.below(400_000) as i64,
            dice.below(2_000),
            dice.below(300)
        )?;
    }
    text.push_str("end=json rc=0\n");
    let bytes = text.len();
    let outputs = [output("queue.list", text)];
    let report = queue::read(&host, &profile, &QueueArgs::default(), &outputs)?;
    if report.total as usize != QUEUED {
        return Err(format!("{} of {QUEUED} queued messages were read", report.total).into());
    }
    let took = time(|| Ok(queue::read(&host, &profile, &QueueArgs::default(), &outputs)?))?;
    say(&format!("queue, {QUEUED} messages as JSON, to a report"), rate(bytes, took), "MB/s")
}

/// G12: what a long known_hosts file adds for each host.
fn known_hosts() -> Done<()> {
    const GOAL: f64 = 50.0;
    let dir = tempfile::tempdir()?;
    let (mut plain, mut hashed) = (String::new(), String::new());
    let mut hosts: Vec<(String, PublicKey)> = Vec::new();
    let mut dice = Dice(3);
    for n in 0..2 * KNOWN {
        let name = format!("mx{n}.example.jp");
        let mut blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20".to_vec();
        blob.extend((0..32).map(|_| dice.below(256) as u8));
        let key = base64(&blob);
        if n < KNOWN {
            writeln!(plain, "{name} ssh-ed25519 {key}")?;
        } else {
            let salt: Vec<u8> = (0..20).map(|_| dice.below(256) as u8).collect();
            let mut mac = Hmac::<Sha1>::new_from_slice(&salt)?;
            mac.update(name.as_bytes());
            writeln!(hashed, "|1|{}|{} ssh-ed25519 {key}", base64(&salt), base64(&mac.finalize().into_bytes()))?;
        }
        hosts.push((name, parse_public_key_base64(&key)?));
    }
    let files = [dir.path().join("plain"), dir.path().join("hashed")];
    fs::write(dir.path().join("plain"), plain)?;
    fs::write(dir.path().join("hashed"), hashed)?;
    let load = || KnownHosts::load(&files).map_err(|problems| format!("{problems:?}"));
    say(&format!("known_hosts, {} lines, load", 2 * KNOWN), micros(time(|| Ok(load()?))?, 1), "us")?;
    let known = load()?;
    let (plain, hashed) = hosts.split_at(KNOWN);
    for (what, hosts) in [("plain", plain), ("hashed", hashed)] {
        // As for each connection: the types to ask for, then the verdict on the key that came.
        let took = time(|| {
            for (name, key) in hosts {
                black_box(known.kinds(name, 22, false));
                if known.verdict(name, 22, key) != Verdict::Known {
                    return Err(format!("{name} is not known").into());
                }
            }
            Ok(())
        })?;
        let each = micros(took, KNOWN);
        say(&format!("known_hosts, a known host of {KNOWN} {what} lines (goal {GOAL} us)"), each, "us")?;
    }
    let (_, key) = hosts.first().ok_or("no host")?;
    let took = time(|| Ok(known.verdict("elsewhere.example.jp", 22, key)))?;
    say(&format!("known_hosts, a host that no line names ({KNOWN} hashes)"), micros(took, 1), "us")
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_usize, |all, b| all << 8 | usize::from(*b)) << (8 * (3 - three.len()));
        for n in 0..4 {
            let digit = DIGITS.get(bits >> (18 - 6 * n) & 63).filter(|_| n <= three.len());
            text.push(digit.map_or('=', |d| char::from(*d)));
        }
    }
    text
}

fn inventory() -> Done<()> {
    let mut text = String::from("fleet: 1\ngroups:\n");
    for n in 0..50 {
        writeln!(text, "  g{n}: {{ tags: [t{n}], vars: {{ site: {n} }} }}")?;
    }
    text.push_str("hosts:\n");
    for n in 0..HOSTS {
        let (a, b) = (n / 250, n % 250 + 1);
        writeln!(text, "  mx{n}: {{ address: 10.1.{a}.{b}, groups: [g{}], customer: c{} }}", n % 50, n % 700)?;
    }
    let sources = [Source { name: "inventory.yaml".into(), text }];
    let load = || Inventory::from_sources(&sources).map_err(|problems| format!("{problems:?}"));
    say(&format!("inventory, {HOSTS} hosts, load"), micros(time(|| Ok(load()?))?, 1), "us")?;
    let inventory = load()?;
    for (selector, expected) in [("all", HOSTS), ("tag:t7 & !mx7", HOSTS / 50 - 1), ("mx[0-999]", 1000)] {
        let selection = Selection { hosts: vec![selector.into()], ..Selection::default() };
        let context = Context::default();
        let select = || inventory.select(&selection, &context).map_err(|error| format!("{error:?}"));
        if select()?.len() != expected {
            return Err(format!("{selector} selects {} hosts", select()?.len()).into());
        }
        say(&format!("inventory, {HOSTS} hosts, select `{selector}`"), micros(time(|| Ok(select()?))?, 1), "us")?;
    }
    Ok(())
}
