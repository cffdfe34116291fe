//! Courier IMAP.

use super::{Imap, plain_ip};
use crate::mail::log::syslog::{Line, split_once};
use crate::mail::log::{LoginRecord, Service};
use memchr::memmem;

pub struct Courier;

impl Imap for Courier {
    fn name(&self) -> &'static str {
        "courier"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }

    fn head(&self) -> &'static str {
        include_str!("log.sh")
    }

    /// `LOGIN, user=USER, ip=[IP], port=[..], protocol=IMAP` or `LOGIN FAILED, user=USER, ip=[IP]`. The user of a
    /// login that failed is the client's text, so the address is taken from the right.
    fn login(&self, line: &Line<'_>) -> Option<LoginRecord> {
        let service = service(line.program)?;
        let (ok, rest) = match line.message.strip_prefix(b"LOGIN, ") {
            Some(rest) => (true, rest),
            None => (false, line.message.strip_prefix(b"LOGIN FAILED, ")?),
        };
        // Newer versions name the method first.
        let rest = match rest.strip_prefix(b"method=") {
            Some(rest) => split_once(rest, b' ')?.1,
            None => rest,
        };
        let rest = rest.strip_prefix(b"user=")?;
        let at = memmem::rfind(rest, b", ip=[")?;
        let (user, rest) = (rest.get(..at)?, rest.get(at + b", ip=[".len()..)?);
        let ip = plain_ip(split_once(rest, b']')?.0)?;
        Some(LoginRecord::new(line, service, Some(user).filter(|u| !u.is_empty()), Some(ip), ok))
    }
}

/// `imapd`, `imapd-ssl`, `pop3d-ssl`, and Plesk's `courier-imaps` and the like.
fn service(program: &[u8]) -> Option<Service> {
    let program = program.strip_prefix(b"courier-").unwrap_or(program);
    match program.strip_suffix(b"-ssl").unwrap_or(program) {
        b"imapd" | b"imaps" | b"imapds" => Some(Service::Imap),
        b"pop3d" | b"pop3s" | b"pop3ds" => Some(Service::Pop3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::time::Clock;
    use crate::mail::log::syslog;
    use crate::model::Profile;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<(Service, String, String, bool)> {
        let line = syslog::parse(text.as_bytes(), &Clock::new(&Profile::default(), 1_795_485_700))?;
        let login = Courier.login(&line)?;
        Some((login.service, login.login.unwrap_or_default(), login.client_ip.unwrap_or_default(), login.ok))
    }

    #[test]
    fn a_real_log_tells_who_logged_in_and_who_failed() {
        let log = include_str!("../../../../tests/captures/courier/courier.log");
        let logins: Vec<_> = log.lines().filter_map(read).collect();
        let info = |ok| (Service::Imap, "info@example.jp".to_owned(), "127.0.0.1".to_owned(), ok);
        assert_eq!(logins, [info(true), info(false)]);
    }

    #[test]
    fn a_user_name_that_looks_like_an_address_is_the_users() {
        let line = "Nov 24 02:20:41 mx1 imapd-ssl[101]: LOGIN FAILED, user=a, ip=[6.6.6.6], ip=[::ffff:192.0.2.7]";
        assert_eq!(read(line).unwrap().2, "192.0.2.7");
        assert_eq!(read(&line.replace("imapd-ssl", "sshd")), None);
        let method = "Nov 24 02:20:41 mx1 pop3d[101]: LOGIN FAILED, method=PLAIN, user=a, ip=[192.0.2.7]";
        let _ = read(method);
    }

    proptest! {
        #[test]
        fn any_message_is_read_without_harm(message: Vec<u8>, head in 0..3usize) {
            let head: &[u8] = [&b""[..], b"LOGIN, user=", b"LOGIN FAILED, user=a, ip=["][head];
            let message = [head, &message].concat();
            let _ = Courier.login(&Line { at: 0, program: b"imapd", pid: None, message: &message, times: 1 });
        }
    }
}
