//! The mail log of a machine with Postfix.

use super::clock;
use super::machine::{Fate, Machine, Message};
use crate::model::mail::Origin;

/// How far back the log goes.
pub const DAYS: u32 = 8;

/// What the log's script prints: the source, how it begins, and the lines since then.
pub fn gathered(machine: &Machine, since: i64) -> String {
    let lines = lines(machine, since);
    let size = lines.iter().map(|l| l.len() + 1).sum::<usize>();
    let path = if machine.system.redhat.is_empty() { "/var/log/mail.log" } else { "/var/log/maillog" };
    let first = stamp(machine, machine.started - i64::from(DAYS) * 86_400 - 60);
    let mut out = format!("== {size} {} {path}\nfirst {first}\n", machine.started);
    lines.into_iter().for_each(|line| out.extend([&line, "\n"]));
    out + "end\n"
}

/// The lines of what arrived since then, in the order of their times.
pub fn lines(machine: &Machine, since: i64) -> Vec<String> {
    let mut lines: Vec<(i64, String)> = Vec::new();
    for message in machine.messages(since) {
        write(machine, &message, &mut lines);
    }
    guesses(machine, since, &mut lines);
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// Failed logins in the ten minutes before a thief got in.
const GUESSES: i64 = 24;

/// How the thief of an account found its password.
fn guesses(machine: &Machine, since: i64, lines: &mut Vec<(i64, String)>) {
    for traffic in machine.traffic.iter().filter(|t| t.forged) {
        let Origin::Login(login) = &traffic.origin else { continue };
        for n in 0..GUESSES {
            let at = machine.started - traffic.ages.0 - 600 + n * 20;
            let failed = "SASL LOGIN authentication failed: (reason unavailable)";
            let who = format!(
                "postfix/submission/smtpd[1999]: warning: unknown[203.0.113.77]: {failed}, sasl_username={login}"
            );
            lines.push((at, format!("{} {} {who}", stamp(machine, at), machine.short())));
        }
    }
    lines.retain(|(at, _)| *at >= since);
}

fn stamp(machine: &Machine, at: i64) -> String {
    match machine.system.bsd_log {
        true => clock::bsd(at, machine.offset()),
        false => clock::rfc3339(at, machine.offset()),
    }
}

fn write(machine: &Machine, m: &Message<'_>, lines: &mut Vec<(i64, String)>) {
    let short = machine.short();
    // A message passes through within two seconds.
    let times = [0, 1, 2].map(|s| (m.at + s, stamp(machine, m.at + s)));
    let mut say = |second: usize, program: &str, text: std::fmt::Arguments<'_>| {
        if let Some((at, time)) = times.get(second) {
            let pid = 2_000 + m.size % 700;
            lines.push((*at, format!("{time} {short} postfix/{program}[{pid}]: {}: {text}", m.id)));
        }
    };
    let client = m.client.as_deref().unwrap_or_default();
    match m.origin {
        Origin::Login(login) => say(
            0,
            "submission/smtpd",
            format_args!("client=unknown[{client}], sasl_method=LOGIN, sasl_username={login}"),
        ),
        Origin::Uid(uid) => say(0, "pickup", format_args!("uid={uid} from=<{}>", m.sender)),
        // Postfix tells no names of users.
        Origin::User(_) | Origin::Remote => say(0, "smtpd", format_args!("client=mail.example.net[{client}]")),
    }
    say(0, "cleanup", format_args!("message-id=<{}.{}@{}>", m.at, m.id, machine.hostname));
    let nrcpt = m.recipients.len();
    say(1, "qmgr", format_args!("from=<{}>, size={}, nrcpt={nrcpt} (queue active)", m.sender, m.size));
    for to in &m.recipients {
        let (_, domain) = to.rsplit_once('@').unwrap_or_default();
        let (delivery, delays) =
            (format!("to=<{to}>, relay=mx.{domain}[192.0.2.25]:25"), "delay=1.2, delays=0.1/0/0.4/0.7");
        match m.fate {
            Fate::Sent if *m.origin == Origin::Remote => {
                let relay = "relay=dovecot, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0";
                say(1, "pipe", format_args!("to=<{to}>, {relay}, status=sent (delivered via dovecot service)"));
            }
            Fate::Sent => {
                say(
                    2,
                    "smtp",
                    format_args!("{delivery}, {delays}, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4F1B2)"),
                );
            }
            Fate::Bounced => {
                let said = format!("host mx.{domain}[192.0.2.25] said: 550 5.1.1 <{to}>: user unknown");
                say(2, "smtp", format_args!("{delivery}, {delays}, dsn=5.1.1, status=bounced ({said})"));
            }
            Fate::Deferred => {
                let reason = m.reason(to).unwrap_or_default();
                say(2, "smtp", format_args!("{delivery}, {delays}, dsn=4.7.1, status=deferred ({reason})"));
            }
            Fate::Active => {}
        }
    }
    if !m.waits() {
        say(2, "qmgr", format_args!("removed"));
    }
}
