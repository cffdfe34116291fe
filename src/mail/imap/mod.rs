//! IMAP and POP3 servers: how their logs tell of logins. Each is a folder here and a line in [`ALL`].

mod courier;
mod dovecot;

use super::log::LoginRecord;
use super::log::syslog::Line;
use crate::host::nets;
use crate::host::time::Clock;

/// Every IMAP server whose log is read. Its lines stand in the log of the mail server or in a file of its own.
pub static ALL: &[&dyn Imap] = &[&dovecot::Dovecot, &courier::Courier];

/// One IMAP server.
pub trait Imap: Sync {
    /// The word of [`Profile::imaps`](crate::model::Profile), and the name of its folder.
    fn name(&self) -> &'static str;
    /// A piece of the probe's script; it calls `found imap NAME ACTIVE VERSION`.
    fn detect(&self) -> &'static str;
    /// Its piece of the script that gathers the log: adds its own files to `names`, and to `logins` an extended
    /// regular expression of the lines that tell of logins.
    fn head(&self) -> &'static str;
    /// Cuts a line of its own file, where that is not written like a mail log.
    fn cut<'a>(&self, _line: &'a [u8], _clock: &Clock) -> Option<Line<'a>> {
        None
    }
    /// What a line tells of a login, tried or done.
    fn login(&self, line: &Line<'_>) -> Option<LoginRecord>;
}

/// The IMAP server of that name.
pub fn find(name: &str) -> Option<&'static dyn Imap> {
    ALL.iter().copied().find(|imap| imap.name() == name)
}

/// Text of an address between brackets; IPv4 in its IPv6 form is written as IPv4.
fn plain_ip(ip: &[u8]) -> Option<&[u8]> {
    let ip = ip.strip_prefix(b"::ffff:").filter(|rest| rest.contains(&b'.')).unwrap_or(ip);
    (ip.len() <= 45 && nets::is_ip(ip)).then_some(ip)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_folder_is_in_the_list_under_its_name() {
        let listed = super::ALL.iter().map(|m| m.name().to_owned()).collect();
        assert_eq!(crate::mail::detect::testing::folders("src/mail/imap"), listed);
    }

    #[test]
    fn an_address_is_written_in_one_way() {
        let plain = |text: &'static str| super::plain_ip(text.as_bytes()).map(|ip| std::str::from_utf8(ip).unwrap());
        assert_eq!(plain("::ffff:192.0.2.1"), Some("192.0.2.1"));
        assert_eq!(plain("2001:db8::1"), Some("2001:db8::1"));
        assert_eq!((plain(""), plain("mx1"), plain("1.2.3.4]")), (None, None, None));
    }
}
