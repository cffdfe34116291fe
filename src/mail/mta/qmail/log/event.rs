//! One line of qmail's log, as what it says of a message or of a login.
//!
//! In addresses and reports `qmail-send` leaves no blank and no control character (it writes `_`), so its lines
//! are words, and every word has its place. Source: notqmail, `qmail-send.c`, `qsutil.c`, `qmail-log(5)`.

use super::super::id::is_message_number;
use crate::host::answer::number;
use crate::host::nets;
use crate::mail::log::syslog::split_once;
use memchr::memmem;

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// This number means a new message from now on.
    New(&'a [u8]),
    Info {
        id: &'a [u8],
        size: u64,
        sender: &'a [u8],
        /// The process that queued it.
        process: u32,
        uid: u32,
    },
    Start {
        delivery: u64,
        id: &'a [u8],
        to: Recipient<'a>,
    },
    Result {
        delivery: u64,
        fate: Fate,
        /// The process that queued the message again, as a message of its own: a forward.
        forward: Option<u32>,
        /// What qmail or the other host said, with `_` for blanks.
        report: &'a [u8],
    },
    /// A bounce was queued by that process.
    Bounce {
        process: u32,
    },
    End(&'a [u8]),
}

/// One recipient of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recipient<'a> {
    pub remote: bool,
    pub address: &'a [u8],
}

impl<'a> Recipient<'a> {
    /// qmail does not log which of a domain's servers it spoke to.
    pub fn domain(&self) -> &'a [u8] {
        let at = memchr::memrchr(b'@', self.address);
        at.and_then(|at| self.address.get(at + 1..)).unwrap_or(self.address)
    }
}

/// What became of one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Done; whether on another host tells the recipient.
    Done,
    /// Handed on and nothing else.
    Forwarded,
    Deferred,
    Bounced {
        unknown: bool,
    },
}

/// Reads what a line says of a message; none when it is not one of these.
pub fn parse(message: &[u8]) -> Option<Event<'_>> {
    let words: Vec<&[u8]> = message.split(|&b| b == b' ').collect();
    let id = |id: &[u8]| is_message_number(id);
    Some(match words.as_slice() {
        [b"new", b"msg", number] if id(number) => Event::New(number),
        [b"end", b"msg", number] if id(number) => Event::End(number),
        [b"info", b"msg", label, b"bytes", size, b"from", sender, b"qp", process, b"uid", uid] => Event::Info {
            id: label.strip_suffix(b":").filter(|number| id(number))?,
            size: number(size)?,
            sender: sender.strip_prefix(b"<")?.strip_suffix(b">")?,
            process: number(process)?,
            uid: number(uid)?,
        },
        [b"starting", b"delivery", delivery, b"msg", msg, b"to", channel, address] if id(msg) => Event::Start {
            delivery: number(delivery.strip_suffix(b":")?)?,
            id: msg,
            to: Recipient {
                remote: match *channel {
                    b"remote" => true,
                    b"local" => false,
                    _ => return None,
                },
                address,
            },
        },
        [b"delivery", delivery, result, report] => {
            let (fate, forward) = match *result {
                b"success:" => forward(report).map_or((Fate::Done, None), |(fate, process)| (fate, Some(process))),
                b"deferral:" => (Fate::Deferred, None),
                b"failure:" => (Fate::Bounced { unknown: is_unknown(report) }, None),
                _ => return None,
            };
            Event::Result { delivery: number(delivery.strip_suffix(b":")?)?, fate, forward, report }
        }
        [b"bounce", b"msg", number_, b"qp", process] if id(number_) => Event::Bounce { process: number(process)? },
        _ => return None,
    })
}

/// `did_0+1+0/qp_20047/` at the end of a report: put into no mailbox, handed on once, to no program; the process
/// stands there when it was handed on. Source: notqmail, `qmail-local.c`.
fn forward(report: &[u8]) -> Option<(Fate, u32)> {
    let report = report.strip_suffix(b"/")?;
    let at = memmem::rfind(report, b"/qp_")?;
    let counts = report.get(..at)?.rsplit(|&b| b == b'/').next()?.strip_prefix(b"did_")?;
    let only = counts.starts_with(b"0+") && counts.ends_with(b"+0");
    Some((if only { Fate::Forwarded } else { Fate::Done }, number(report.get(at + 4..)?)?))
}

/// Whether nobody has that address: by the first reply of another host, behind qmail's own words, or by qmail itself.
fn is_unknown(report: &[u8]) -> bool {
    let remote = || {
        let (_, rest) = split_once(report, b'_')?;
        rest.strip_prefix(b"does_not_like_recipient./Remote_host_said:_")?.get(4..)
    };
    remote().is_some_and(|reply| reply.starts_with(b"5.1.1"))
        || report.starts_with(b"Sorry,_no_mailbox_here_by_that_name")
}

/// A login that was done or that failed.
pub struct Login<'a> {
    pub ip: &'a [u8],
    pub name: Option<Vec<u8>>,
    pub ok: bool,
}

/// Reads what Plesk's `smtp_auth` says of a login, in its old and its newer form:
/// `SMTP user info@example.jp : logged in from HOST [IP]`,
/// `smtp_auth: SMTP user info : /var/qmail/mailnames/example.jp/info logged in from HOST [IP]`,
/// `smtp_auth: FAILED: info - password incorrect  from HOST [IP]`.
pub fn login(message: &[u8]) -> Option<Login<'_>> {
    // The address stands last, and the name before it holds no blank; the user is what the client sent.
    let head = message.strip_suffix(b"]")?;
    let at = memmem::rfind(head, b" [")?;
    let (head, ip) = (head.get(..at)?, head.get(at + 2..)?);
    if !nets::is_ip(ip) {
        return None;
    }
    let ip = ip.strip_prefix(b"::ffff:").unwrap_or(ip);
    let head = head.get(..memchr::memrchr(b' ', head)?)?.strip_suffix(b" from")?;
    let head = head.strip_prefix(b"smtp_auth: ").unwrap_or(head);
    if let Some(rest) = head.strip_prefix(b"SMTP user ") {
        let rest = rest.strip_suffix(b"logged in")?;
        let at = memmem::rfind(rest, b" : ")?;
        let (name, home) = (rest.get(..at)?, rest.get(at + 3..)?.trim_ascii());
        // A short name is whole with the domain of its mailbox.
        let domain = home.strip_suffix(name).and_then(|h| h.strip_suffix(b"/")?.rsplit(|&b| b == b'/').next());
        let name = match domain {
            Some(domain) if !domain.is_empty() && !name.is_empty() => [name, b"@", domain].concat(),
            _ => name.to_vec(),
        };
        return Some(Login { ip, name: Some(name).filter(|n| !n.is_empty()), ok: true });
    }
    let rest = head.strip_prefix(b"FAILED: ")?;
    let name = rest.get(..memmem::rfind(rest, b" - ")?)?;
    Some(Login { ip, name: Some(name.to_vec()).filter(|n| !n.is_empty()), ok: false })
}
