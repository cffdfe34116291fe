//! One line of Postfix's log, as what it says of a message.
//!
//! Senders, recipients, message ids and remote replies are other people's text and may look like any line. So
//! a sender is bounded from the right, where Postfix alone writes; a recipient from the left by the grammar of
//! addresses; and a line that could be read in two ways is not read.

use super::super::id::is_queue_id;
use crate::host::answer::number;
use crate::host::nets;
use crate::mail::log::Fate;
use crate::mail::log::syslog::split_once;
use memchr::memmem;

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// A client submits over SMTP.
    Client {
        ip: &'a [u8],
        login: Option<&'a [u8]>,
        origin: Option<&'a [u8]>,
    },
    /// A local process submits; or a requeued message, with the id that it had, comes back.
    Pickup {
        uid: u32,
        origin: Option<&'a [u8]>,
    },
    MessageId(&'a [u8]),
    /// The message is in the active queue, again at every retry.
    Queued {
        sender: &'a [u8],
        size: u64,
        recipients: u32,
    },
    /// Postfix gave up on the recipients that were still waiting.
    Expired,
    Delivery {
        to: &'a [u8],
        fate: Fate,
        relay: &'a [u8],
        /// What the relay or Postfix said of it.
        reply: &'a [u8],
    },
    Removed,
}

/// Reads a message's id and what is said of it; none when the line is not one of these.
pub fn parse<'a>(program: &[u8], message: &'a [u8]) -> Option<(&'a [u8], Event<'a>)> {
    let daemon = daemon(program)?;
    let (id, rest) = split_once(message, b':')?;
    let rest = rest.strip_prefix(b" ").filter(|_| is_queue_id(id))?;
    let event = match daemon {
        b"smtpd" => client(rest)?,
        b"pickup" => pickup(rest)?,
        b"cleanup" => Event::MessageId(rest.strip_prefix(b"message-id=")?),
        b"qmgr" | b"nqmgr" | b"oqmgr" => match rest {
            b"removed" => Event::Removed,
            _ => queued(rest)?,
        },
        b"postsuper" if rest == b"removed" => Event::Removed,
        b"smtp" | b"lmtp" | b"local" | b"virtual" | b"pipe" | b"error" | b"discard" => delivery(daemon, rest)?,
        _ => return None,
    };
    Some((id, event))
}

/// The daemon of `postfix/submission/smtpd`, under whatever name the instance goes.
fn daemon(program: &[u8]) -> Option<&[u8]> {
    let mut names = program.split(|&b| b == b'/');
    let instance = names.next()?;
    (instance == b"postfix" || instance.starts_with(b"postfix-")).then(|| names.next_back()).flatten()
}

/// A login that was done or that failed.
pub struct Login<'a> {
    pub ip: &'a [u8],
    /// Of a login that failed Postfix tells it from 3.9 on, and in Debian's 3.7.
    pub name: Option<&'a [u8]>,
    pub ok: bool,
}

/// Reads what a line says of a login.
pub fn login<'a>(program: &[u8], message: &'a [u8]) -> Option<Login<'a>> {
    if daemon(program)? != b"smtpd" {
        return None;
    }
    if let Some(failed) = message.strip_prefix(b"warning: ") {
        // `NAME[IP]: SASL LOGIN authentication failed: REASON, sasl_username=LOGIN`; the reason is the server's.
        let (ip, rest) = client_address(failed)?;
        let (method, rest) = split_once(rest.strip_prefix(b": SASL ")?, b' ')?;
        let reason = rest.strip_prefix(b"authentication failed: ")?;
        let name = memmem::find(reason, b", sasl_username=").and_then(|at| reason.get(at + 16..));
        return (!method.is_empty()).then_some(Login { ip, name: name.filter(|n| !n.is_empty()), ok: false });
    }
    match parse(program, message)? {
        (_, Event::Client { ip, login: name @ Some(_), .. }) => Some(Login { ip, name, ok: true }),
        _ => None,
    }
}

/// `NAME[IP]`, with a port behind it when Postfix logs that.
fn client_address(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, rest) = split_once(text, b'[')?;
    let (ip, rest) = split_once(rest, b']')?;
    let host = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    if !name.iter().all(host) || !(nets::is_ip(ip) || ip == b"unknown") {
        return None;
    }
    // `unknown[192.0.2.1]:4711: ..`: the port is digits right after the colon.
    let port = rest.strip_prefix(b":").map_or(0, |r| r.iter().take_while(|b| b.is_ascii_digit()).count());
    Some((ip, if port == 0 { rest } else { rest.get(port + 1..)? }))
}

/// `client=NAME[IP], sasl_method=.., sasl_username=.., sasl_sender=.., orig_queue_id=.., orig_client=..`; all but
/// the first may be missing. Source: Postfix, `smtpd.c`.
fn client(rest: &[u8]) -> Option<Event<'_>> {
    let (ip, mut rest) = client_address(rest.strip_prefix(b"client=")?)?;
    let (mut login, mut origin) = (None, None);
    while let Some(field) = rest.strip_prefix(b", ") {
        let (key, value) = split_once(field, b'=')?;
        let end = memmem::find(value, b", ").unwrap_or(value.len());
        let (value, tail) = value.split_at_checked(end)?;
        rest = tail;
        match key {
            b"sasl_username" if login.is_none() => login = Some(value),
            b"orig_queue_id" if is_queue_id(value) => origin = Some(value),
            b"sasl_method" | b"sasl_username" | b"orig_queue_id" => {}
            // `sasl_sender` and what follows is the client's text.
            _ => break,
        }
    }
    Some(Event::Client { ip, login: login.filter(|l| !l.is_empty()), origin })
}

/// `uid=33 from=<SENDER>`, and at a requeue ` orig_id=ID`. The sender is bounded from the right.
fn pickup(rest: &[u8]) -> Option<Event<'_>> {
    let (uid, rest) = split_once(rest.strip_prefix(b"uid=")?, b' ')?;
    let uid = number(uid)?;
    let rest = rest.strip_prefix(b"from=<")?;
    if rest.ends_with(b">") {
        return Some(Event::Pickup { uid, origin: None });
    }
    let at = memmem::rfind(rest, b"> orig_id=")?;
    let origin = rest.get(at + b"> orig_id=".len()..).filter(|id| is_queue_id(id))?;
    Some(Event::Pickup { uid, origin: Some(origin) })
}

/// `from=<SENDER>, size=503, nrcpt=3 (queue active)` or `from=<SENDER>, status=expired, returned to sender`. The
/// sender is bounded from the right.
fn queued(rest: &[u8]) -> Option<Event<'_>> {
    let rest = rest.strip_prefix(b"from=<")?;
    for end in [&b">, status=expired, returned to sender"[..], b">, status=force-expired, returned to sender"] {
        if rest.ends_with(end) {
            return Some(Event::Expired);
        }
    }
    let rest = rest.strip_suffix(b" (queue active)")?;
    let at = memmem::rfind(rest, b", nrcpt=")?;
    let recipients = number(rest.get(at + b", nrcpt=".len()..)?)?;
    let rest = rest.get(..at)?;
    let at = memmem::rfind(rest, b">, size=")?;
    let size = number(rest.get(at + b">, size=".len()..)?)?;
    Some(Event::Queued { sender: rest.get(..at)?, size, recipients })
}

/// `to=<RCPT>, orig_to=<..>, relay=.., conn_use=.., delay=.., delays=.., dsn=.., status=.. (REPLY)`
fn delivery<'a>(daemon: &[u8], rest: &'a [u8]) -> Option<Event<'a>> {
    let (to, mut rest) = address(rest.strip_prefix(b"to=<")?)?;
    if let Some(original) = rest.strip_prefix(b", orig_to=<") {
        rest = address(original)?.1;
    }
    let (mut relay, mut dsn) = (&b""[..], &b""[..]);
    let (status, reply) = loop {
        let (key, value) = split_once(rest.strip_prefix(b", ")?, b'=')?;
        if key == b"status" {
            break split_once(value, b' ').unwrap_or((value, b""));
        }
        let end = memchr::memchr(b',', value)?;
        let (value, tail) = value.split_at_checked(end)?;
        if memchr::memchr(b' ', value).is_some() {
            return None;
        }
        match key {
            b"relay" => relay = value,
            b"dsn" => dsn = value,
            b"conn_use" | b"delay" | b"delays" => {}
            _ => return None,
        }
        rest = tail;
    };
    // Before 3.5 a recipient was written without its quotes and could hold the whole of a line; then the
    // true end of it stands in what looks like the reply.
    if relay.is_empty() || memmem::find(reply, b">, relay=").is_some() || memmem::find(reply, b">, orig_to=<").is_some()
    {
        return None;
    }
    let fate = match status {
        b"sent" if is_filter(daemon, relay) => Fate::Handed,
        b"sent" if daemon == b"smtp" => Fate::Sent,
        b"sent" => Fate::Delivered,
        b"deferred" => Fate::Deferred,
        b"bounced" => Fate::Bounced { unknown: dsn == b"5.1.1" },
        _ => return None,
    };
    Some(Event::Delivery { to, fate, relay, reply })
}

/// `NAME[127.0.0.1]:10024`. On port 24 stands the server of the mailboxes.
fn is_filter(daemon: &[u8], relay: &[u8]) -> bool {
    let ip = split_once(relay, b'[').and_then(|(_, rest)| split_once(rest, b']'));
    let Some((b"127.0.0.1" | b"::1", port)) = ip else { return false };
    daemon == b"smtp" || (daemon == b"lmtp" && port != b":24")
}

/// An address up to the `>` that is not inside its quotes, and what follows that.
fn address(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut quoted = false;
    let mut escaped = false;
    let end = text.iter().position(|&b| match b {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' if quoted => {
            escaped = true;
            false
        }
        b'"' => {
            quoted = !quoted;
            false
        }
        _ => b == b'>' && !quoted,
    })?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}
