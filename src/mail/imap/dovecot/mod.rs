//! Dovecot, 2.0 to 2.4.

use super::{Imap, plain_ip};
use crate::host::time::Clock;
use crate::mail::log::syslog::{Line, split_once};
use crate::mail::log::{LoginRecord, Service};
use memchr::memmem;

pub struct Dovecot;

impl Imap for Dovecot {
    fn name(&self) -> &'static str {
        "dovecot"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }

    fn head(&self) -> &'static str {
        include_str!("log.sh")
    }

    /// `Nov 24 02:12:37 imap-login: Info: MESSAGE`: no host and no process id. It looks like a syslog line of a
    /// program called `Info`, so it is tried first.
    fn cut<'a>(&self, line: &'a [u8], clock: &Clock) -> Option<Line<'a>> {
        let (at, rest) = clock.parse_bsd(line)?;
        let (program, rest) = split_once(rest.strip_prefix(b" ")?, b':')?;
        service(program)?;
        let message = rest.strip_prefix(b" Info: ")?;
        Some(Line { at, program, pid: None, message, times: 1 })
    }

    fn login(&self, line: &Line<'_>) -> Option<LoginRecord> {
        let (program, message) = match line.program {
            b"dovecot" => {
                let (program, rest) = split_once(line.message, b':')?;
                (program, rest.strip_prefix(b" ")?)
            }
            program => (program, line.message),
        };
        let service = service(program)?;
        let (times, ok, fields) = outcome(message)?;
        let (user, ip) = who(fields)?;
        let record = LoginRecord::new(line, service, Some(user).filter(|u| !u.is_empty()), Some(ip), ok);
        Some(LoginRecord { times: line.times.saturating_mul(times), ..record })
    }
}

fn service(program: &[u8]) -> Option<Service> {
    Some(match program {
        b"imap-login" => Service::Imap,
        b"pop3-login" => Service::Pop3,
        b"managesieve-login" => Service::Sieve,
        b"submission-login" => Service::Smtp,
        _ => return None,
    })
}

/// How often, whether it was done, and what follows: `user=<..>, method=.., rip=.., ..`.
fn outcome(message: &[u8]) -> Option<(u32, bool, &[u8])> {
    // 2.4 says "Logged in".
    for done in [&b"Login: "[..], b"Logged in: "] {
        if let Some(fields) = message.strip_prefix(done) {
            return Some((1, true, fields));
        }
    }
    // `Disconnected: Connection closed (auth failed, 1 attempts in 10 secs): user=<..>`; before 2.3 `Aborted login
    // (auth failed, 1 attempts): `; 2.4 `Login failed: ..` and `Login aborted: ..`. All before `): ` is Dovecot's own.
    let known = [&b"Disconnected"[..], b"Aborted login", b"Login failed", b"Login aborted"];
    if !known.iter().any(|word| message.starts_with(word)) {
        return None;
    }
    let (reason, fields) = message.split_at_checked(memmem::find(message, b"): user=<")?)?;
    let at = memmem::find(reason, b"(auth failed, ")?;
    let (times, _) = split_once(reason.get(at + b"(auth failed, ".len()..)?, b' ')?;
    let times = std::str::from_utf8(times).ok()?.parse().ok()?;
    Some((times, false, fields.strip_prefix(b"): ")?))
}

/// User and client. The user of a login that failed is the client's text; a line that could be read in two
/// ways is not read.
fn who(fields: &[u8]) -> Option<(&[u8], &[u8])> {
    let (user, rest) = split_once(fields.strip_prefix(b"user=<")?, b'>')?;
    if memmem::find(rest, b">, ").is_some() {
        return None;
    }
    let rest = match rest.strip_prefix(b", method=") {
        Some(rest) => rest.get(memchr::memchr(b',', rest)?..)?,
        None => rest,
    };
    let rest = rest.strip_prefix(b", rip=")?;
    let ip = rest.get(..memchr::memchr(b',', rest).unwrap_or(rest.len()))?;
    Some((user, plain_ip(ip)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::log::syslog;
    use crate::model::Profile;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<(Service, String, String, bool, u32)> {
        let clock = Clock::new(&Profile::default(), 1_795_485_600);
        let line = Dovecot.cut(text.as_bytes(), &clock).or_else(|| syslog::parse(text.as_bytes(), &clock))?;
        let login = Dovecot.login(&line)?;
        Some((
            login.service,
            login.login.unwrap_or_default(),
            login.client_ip.unwrap_or_default(),
            login.ok,
            login.times,
        ))
    }

    #[test]
    fn every_version_tells_who_logged_in_and_who_failed() {
        let (user, ip) = ("info@example.jp".to_owned(), "192.0.2.1".to_owned());
        let want = |service, ok, times| Some((service, user.clone(), ip.clone(), ok, times));
        let tail = "user=<info@example.jp>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, mpid=365, secured, session=<TPbHCfxgFuh/AAAB>";
        for (head, expected) in [
            ("imap-login: Login: ", want(Service::Imap, true, 1)),
            ("pop3-login: Login: ", want(Service::Pop3, true, 1)),
            ("managesieve-login: Logged in: ", want(Service::Sieve, true, 1)),
            (
                "imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 10 secs): ",
                want(Service::Imap, false, 1),
            ),
            ("pop3-login: Aborted login (auth failed, 3 attempts): ", want(Service::Pop3, false, 3)),
            (
                "imap-login: Login failed: Connection closed (auth failed, 2 attempts in 4 secs): ",
                want(Service::Imap, false, 2),
            ),
            ("imap-login: Disconnected: Connection closed (no auth attempts in 2 secs): ", None),
            ("imap-login: Disconnected: Inactivity: ", None),
            ("lmtp: Login: ", None),
        ] {
            assert_eq!(
                read(&format!("2026-11-24T01:57:52.394017+00:00 mx1 dovecot: {head}{tail}")),
                expected,
                "{head}"
            );
        }
        let own = format!("Nov 24 01:57:52 imap-login: Info: Login: {tail}");
        assert_eq!(read(&own), want(Service::Imap, true, 1));
    }

    #[test]
    fn a_user_name_that_looks_like_the_rest_of_the_line_is_not_read() {
        let head = "Nov 24 01:57:52 mx1 dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): ";
        for user in [
            "a>, method=PLAIN, rip=6.6.6.6, lip=1.1.1.1",
            "a>, rip=6.6.6.6, lip=1.1.1.1, x",
            "a>, method=PLAIN, rip=6.6.6.6, lip=1.1.1.1, session=<x>, b",
        ] {
            let line = format!("{head}user=<{user}>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, session=<TPbH>");
            assert_ne!(read(&line).map(|r| r.2), Some("6.6.6.6".into()), "{user}");
        }
        let failed = "Disconnected: x (auth failed, 9 attempts in 2 secs): user=<a>, rip=6.6.6.6, lip=1";
        assert_eq!(read(&format!("{head}user=<{failed}>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9")), None);
    }

    proptest! {
        #[test]
        fn any_message_is_read_without_harm(message: Vec<u8>, head in 0..4usize) {
            let head: &[u8] = [&b""[..], b"imap-login: Login: user=<", b"imap-login: Disconnected (auth failed, ", b"pop3-login: "][head];
            let message = [head, &message].concat();
            let _ = Dovecot.login(&Line { at: 0, program: b"dovecot", pid: None, message: &message, times: 1 });
            let _ = Dovecot.cut(&message, &Clock::new(&Profile::default(), 0));
        }
    }
}
