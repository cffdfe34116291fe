//! A log that is added up on the host tells what the same log tells line by line.

use crate::host::answer::testing::run;
use crate::host::time::Clock;
use crate::mail::geo::Geo;
use crate::mail::log::{Window, source};
use crate::mail::mta::Log;
use crate::mail::mta::postfix::log::PostfixLog;
use crate::mail::read::senders::{SendersReport, report};
use crate::model::{Host, HostName, Profile};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// A mail server's log of several days: submissions, scripts, incoming and relayed mail, retries, bounces, odd
/// addresses, and messages that are still there at the end.
fn log(now: i64, messages: usize, filter: bool) -> String {
    let clock = |at: i64| {
        let time = jiff::Timestamp::from_second(at).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        time.strftime("%b %e %H:%M:%S").to_string()
    };
    let mut state = 88_172_645_463_325_252u64;
    let mut rnd = move |n: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) % n
    };
    let begin = now - 4 * 86_400;
    let mut out = String::new();
    for n in 0..messages {
        let at = begin + (n as i64) * 4 * 86_400 / messages as i64;
        let mut say = |after: i64, text: std::fmt::Arguments<'_>| {
            let _ = writeln!(out, "{} mx1 postfix/{text}", clock((at + after).min(now)));
        };
        // Ids come again.
        let id = format!("{:05X}{:X}", 0xa0000 + rnd(0x5ffff), 4_000 + n % 700);
        let login = format!("user{}@example.jp", rnd(40));
        let sender = match rnd(6) {
            0 => format!("x{}@forged.example.org", rnd(50)),
            1 => String::new(),
            2 => "\"odd>, size=1, nrcpt=9 (queue active)\"@example.jp".to_owned(),
            _ => login.clone(),
        };
        match rnd(8) {
            0 => say(0, format_args!("pickup[7]: {id}: uid={} from=<{sender}>", [33, 48, 1001][rnd(3) as usize])),
            1 | 2 => say(0, format_args!("smtpd[8]: {id}: client=mx.example.net[192.0.2.{}]", rnd(200))),
            3 => say(
                0,
                format_args!(
                    "submission/smtpd[8]: {id}: client=unknown[2001:db8::{}]:4711, sasl_method=PLAIN, sasl_username={login}, sasl_sender=a, sasl_username=b",
                    rnd(99)
                ),
            ),
            // A bounce, and a line of a message that began before.
            4 if rnd(3) == 0 => {}
            _ => say(
                0,
                format_args!(
                    "smtpd[8]: {id}: client=x[198.51.{}.{}], sasl_method=LOGIN, sasl_username={login}",
                    rnd(100),
                    rnd(9)
                ),
            ),
        }
        say(0, format_args!("cleanup[9]: {id}: message-id=<{n}.{}@x>", rnd(9_999)));
        let recipients = 1 + rnd(5);
        let names: Vec<String> = (0..recipients)
            .map(|r| match rnd(9) {
                0 => format!("\"a > b, {r}\"@odd.example"),
                1 => format!("same@dest{}.example", rnd(3)),
                _ => format!("r{r}@dest{}.example", rnd(400)),
            })
            .collect();
        for retry in 0..=rnd(3) as i64 {
            say(
                retry * 600 + 1,
                format_args!(
                    "qmgr[10]: {id}: from=<{sender}>, size={}, nrcpt={recipients} (queue active)",
                    500 + rnd(9_000)
                ),
            );
            for to in &names {
                let fate = match rnd(7) {
                    0 => "relay=mx.a.example[203.0.113.1]:25, delay=1, delays=0/0/0/0, dsn=4.7.1, status=deferred (host mx.a.example said: 421 4.7.1 listed in an RBL)".to_owned(),
                    1 => "relay=none, delay=1, dsn=4.4.1, status=deferred (connect to x: Connection refused)".into(),
                    2 => "relay=mx.b.example[203.0.113.2]:25, conn_use=2, delay=1, delays=0/0/0/0, dsn=5.1.1, status=bounced (host said: 550 5.1.1 unknown)".into(),
                    3 => format!("orig_to=<x{}@y>, relay=mx.c[203.0.113.3]:25, delay=1, delays=0/0/0/0, dsn=5.7.1, status=bounced (Blocked by policy)", rnd(9)),
                    4 => "relay=mx.d[203.0.113.3]:25, delay=1, dsn=2.0.0, status=sent (250 >, relay=x)".into(),
                    _ => "relay=mx.d[203.0.113.4]:25, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)".into(),
                };
                let daemon = ["smtp", "smtp", "smtp", "lmtp", "virtual", "pipe"][rnd(6) as usize];
                say(retry * 600 + 2, format_args!("{daemon}[11]: {id}: to=<{to}>, {fate}"));
            }
        }
        match rnd(9) {
            0 => {}
            1 => say(2_000, format_args!("qmgr[10]: {id}: from=<{sender}>, status=expired, returned to sender")),
            2 => say(2_000, format_args!("postsuper[12]: {id}: removed")),
            _ => say(2_000, format_args!("qmgr[10]: {id}: removed")),
        }
        if n % 10 == 0 {
            let _ = writeln!(out, "{} mx1 CRON[77]: (root) CMD (postfix/qmgr[1]: {id}: removed)", clock(at));
        }
    }
    if filter {
        let _ = writeln!(out, "{} mx1 postfix/smtpd[8]: A2CDA9D291B: client=localhost[127.0.0.1]", clock(now - 60));
    }
    // Times never go back in a log.
    let mut lines: Vec<&str> = out.lines().collect();
    lines.sort_by_key(|l| Clock::new(&Profile::default(), now).parse_bsd(l.as_bytes()).map(|(at, _)| at));
    lines.join("\n") + "\n"
}

fn gathered(dir: &Path, window: &Window, large: u64) -> Vec<u8> {
    let mut host = Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root");
    host.paths.insert("mail_log".into(), dir.join("mail.log").display().to_string());
    let mut part = source::part("senders.log", &host, window, PostfixLog.head());
    part.values.iter_mut().filter(|(name, _)| *name == "large").for_each(|(_, value)| *value = large.to_string());
    let output = run(&part, dir);
    assert_eq!(output.stderr.for_human(999), "");
    output.stdout.parse(|b| Ok::<_, ()>(b.to_vec())).unwrap()
}

/// What both ways tell, without the number of lines, and how many bytes each takes.
fn both(log: &str, now: i64, since: u64) -> [(SendersReport, usize); 2] {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = log.split_at(log[..log.len() / 3].rfind('\n').unwrap() + 1);
    std::fs::write(dir.path().join("mail.log.1"), old).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    std::fs::write(dir.path().join("mail.log"), new).unwrap();
    let window = Window::new(&Profile::default(), now, Duration::from_secs(since));
    [u64::MAX >> 1, 1].map(|large| {
        let bytes = gathered(dir.path(), &window, large);
        let reading = PostfixLog.read(&bytes, &Clock::new(&Profile::default(), now));
        assert!(reading.ended && reading.incomplete.is_empty(), "{:?}", reading.incomplete);
        (SendersReport { lines: 0, ..report(&reading, &window, &BTreeMap::new(), &Geo::default()) }, bytes.len())
    })
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[test]
fn a_log_added_up_on_the_host_tells_the_same_in_a_fraction_of_the_bytes() {
    let now = now();
    let log = log(now, 3_000, false);
    for since in [10 * 86_400, 86_400, 3_600] {
        let [(lines, many), (whole, few)] = both(&log, now, since);
        assert_eq!(lines, whole, "{since}");
        assert!(lines.messages > 5 && few * 3 < many, "{since}: {few} of {many}");
    }
}

#[test]
fn a_log_with_a_filter_is_sent_by_line_after_all() {
    let now = now();
    let log = log(now, 300, true);
    let [(lines, _), (whole, _)] = both(&log, now, 10 * 86_400);
    assert_eq!(lines, whole);
}

#[test]
fn old_lines_of_a_large_file_are_left_out_unless_its_times_jump() {
    let now = now();
    let log = log(now, 9_000, false);
    let [(lines, _), (whole, _)] = both(&log, now, 7_200);
    assert_eq!(lines, whole);
    assert!(lines.messages > 10);
    // An hour's lines that a wrong clock put in front.
    let late = log[log[..log.len() - 30_000].rfind('\n').unwrap() + 1..].to_owned();
    let jumped = late + &log;
    let [(lines, _), (whole, _)] = both(&jumped, now, 7_200);
    assert_eq!(lines, whole);
}
