//! One line of Sendmail's log, as what it says of a message or of a login.
//!
//! Addresses, message ids, user names that were tried and remote replies are other people's text and may look
//! like any line. An address is read from the left by the grammar of addresses; what Sendmail writes behind a
//! message id is read from the right; and of a line with a remote reply only what stands before it counts.
//! Source of the forms: Sendmail, `logsender` in `headers.c`, `logdelivery` in `deliver.c`, `srvrsmtp.c`.

use super::super::id::is_queue_id;
use super::relay::{self, Relay};
use crate::mail::log::Fate;
use crate::mail::log::syslog::split_once;
use memchr::memmem;

/// Bytes of a sender that Sendmail writes.
const MAX_SENDER: usize = 200;

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// A message came in.
    From(From<'a>),
    To(To<'a>),
    /// Sendmail gave up on the recipients that were still waiting.
    Expired,
    /// Part of that message, under an id of its own.
    Clone(&'a [u8]),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct From<'a> {
    pub sender: &'a [u8],
    pub size: u64,
    pub recipients: u32,
    pub message_id: Option<&'a [u8]>,
    /// The protocol's name tells of a login.
    pub authenticated: bool,
    pub relay: Relay<'a>,
    /// The relay as it stands there, which names the connection.
    pub connection: &'a [u8],
}

/// What became of recipients in one attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct To<'a> {
    /// See [`addresses`].
    pub list: &'a [u8],
    pub fate: Fate,
    /// The local user for whom it was sent, as an address, with the uid.
    pub control: Option<(&'a [u8], u32)>,
    /// The id under which a Sendmail on this host goes on with it.
    pub handed: Option<&'a [u8]>,
    pub relay: &'a [u8],
    /// What the relay or Sendmail said of it.
    pub said: &'a [u8],
}

/// Reads a message's id and what is said of it; none when the line is not one of these.
pub fn parse(message: &[u8]) -> Option<(&[u8], Event<'_>)> {
    let (id, rest) = split_once(message, b':')?;
    let rest = rest.strip_prefix(b" ").filter(|_| is_queue_id(id))?;
    let event = if let Some(rest) = rest.strip_prefix(b"from=") {
        Event::From(from(rest)?)
    } else if let Some(rest) = rest.strip_prefix(b"to=") {
        Event::To(to(rest)?)
    } else if let Some(rest) = rest.strip_prefix(b"clone ") {
        let (first, _) = split_once(rest, b',')?;
        Event::Clone(Some(first).filter(|id| is_queue_id(id))?)
    } else {
        // `ID: ID OF THE BOUNCE: sender notify: Cannot send message for 5 days`
        let (bounce, rest) = split_once(rest, b':')?;
        let (_, why) = split_once(rest.strip_prefix(b" ").filter(|_| is_queue_id(bounce))?, b':')?;
        why.starts_with(b" Cannot send message ").then_some(Event::Expired)?
    };
    Some((id, event))
}

/// `SENDER, size=503, class=0, nrcpts=3, msgid=<..>, bodytype=.., proto=.., daemon=.., tls_verify=.., auth=..,
/// relay=RELAY`; what stands between the number of recipients and the relay may be missing.
fn from(rest: &[u8]) -> Option<From<'_>> {
    let (sender, rest) = match address(rest) {
        Some((sender, tail)) if sender.len() <= MAX_SENDER && tail.starts_with(b", size=") => (sender, tail),
        // The end of it was cut off, and a quotation mark perhaps.
        _ => {
            let (cut, tail) = rest.split_at_checked(MAX_SENDER)?;
            (cut.strip_prefix(b"<").unwrap_or(cut), tail)
        }
    };
    let (size, rest) = number(rest.strip_prefix(b", size=")?)?;
    let class = rest.strip_prefix(b", class=")?;
    let (_, rest) = number::<u32>(class.strip_prefix(b"-").unwrap_or(class))?;
    let (recipients, rest) = number(rest.strip_prefix(b", nrcpts=")?)?;
    let at = memmem::rfind(rest, b", relay=")?;
    let (mut head, connection) = (rest.get(..at)?, rest.get(at + 8..)?);
    let message_id = head.strip_prefix(b", msgid=").and_then(|id| match memchr::memchr(b'>', id) {
        Some(end) if id.starts_with(b"<") => id.get(..=end),
        _ => id.split(|&b| b == b',').next(),
    });
    let mut authenticated = false;
    while let Some(at) = memmem::rfind(head, b", ") {
        let field = head.get(at + 2..)?;
        head = head.get(..at)?;
        if let Some(protocol) = field.strip_prefix(b"proto=") {
            authenticated = relay::is_authenticated(protocol);
            break;
        }
        if ![&b"daemon="[..], b"tls_verify=", b"auth="].iter().any(|key| field.starts_with(key)) {
            break;
        }
    }
    let relay = relay::parse(connection)?;
    Some(From { sender: plain(sender), size, recipients, message_id, authenticated, relay, connection })
}

/// `<A>,<B>, [more], ctladdr=WHO (UID/GID), delay=.., xdelay=.., mailer=.., pri=.., relay=HOST [IP], dsn=..,
/// ntries=.., stage=.., reply=REMOTE TEXT, stat=..`; most may be missing.
fn to(rest: &[u8]) -> Option<To<'_>> {
    let end = list_end(rest)?;
    let (list, mut rest) = rest.split_at_checked(end)?;
    rest = rest.strip_prefix(b", [more]").unwrap_or(rest);
    let mut control = None;
    if let Some(who) = rest.strip_prefix(b", ctladdr=") {
        let (who, tail) = address(who)?;
        control = uid(who);
        rest = tail;
    }
    let (mut mailer, mut relay, mut dsn) = (&b""[..], &b""[..], &b""[..]);
    let (stat, said) = loop {
        let (key, value) = split_once(rest.strip_prefix(b", ")?, b'=')?;
        match key {
            b"stat" => break (Some(value), value),
            // The relay's text; what may follow it cannot be told from it.
            b"reply" => break (None, value),
            _ => {}
        }
        let (value, tail) = value.split_at_checked(memchr::memchr(b',', value)?)?;
        match key {
            b"mailer" => mailer = value,
            b"relay" => relay = value,
            b"dsn" => dsn = value,
            b"delay" | b"xdelay" | b"pri" | b"ntries" | b"stage" | b"tls_verify" | b"auth" => {}
            _ => return None,
        }
        rest = tail;
    };
    let sent = stat.filter(|s| *s == b"Sent" || s.starts_with(b"Sent ("));
    let fate = match (sent, stat, dsn.first()) {
        (Some(_), ..) if !is_smtp(mailer) => Fate::Delivered,
        (Some(_), ..) if is_loopback(relay) => Fate::Handed,
        (Some(_), ..) => Fate::Sent,
        (_, Some(b"queued" | b"quarantined"), _) | (_, _, Some(b'4')) => Fate::Deferred,
        (_, _, Some(b'5')) => Fate::Bounced { unknown: dsn == b"5.1.1" },
        (_, Some(stat), None) if stat.starts_with(b"Deferred") => Fate::Deferred,
        _ => return None,
    };
    let handed = sent.filter(|_| fate == Fate::Handed).and_then(|s| {
        let (id, rest) = split_once(s.strip_prefix(b"Sent (")?, b' ')?;
        (rest == b"Message accepted for delivery)" && is_queue_id(id)).then_some(id)
    });
    Some(To { list, fate, control, handed, relay, said })
}

/// Mailers that talk to another mail server.
fn is_smtp(mailer: &[u8]) -> bool {
    mailer == b"relay" || mailer.ends_with(b"smtp") || mailer == b"smtp8"
}

/// `[127.0.0.1] [127.0.0.1]`; other addresses of 127/8 are seldom this host's mail server.
fn is_loopback(relay: &[u8]) -> bool {
    relay.ends_with(b"[127.0.0.1]") || relay.ends_with(b"[IPv6:::1]") || relay.ends_with(b"[IPv6:0:0:0:0:0:0:0:1]")
}

/// `www-data (33/33)`
fn uid(who: &[u8]) -> Option<(&[u8], u32)> {
    let numbers = who.strip_suffix(b")")?;
    let at = memmem::rfind(numbers, b" (")?;
    let (uid, rest) = number(numbers.get(at + 2..)?)?;
    rest.starts_with(b"/").then_some((who.get(..at)?, uid))
}

/// A login that was done or that failed.
pub struct Login<'a> {
    pub ip: Option<&'a [u8]>,
    pub name: Option<&'a [u8]>,
    /// The relay as it stands there, which names the connection.
    pub connection: &'a [u8],
    pub ok: bool,
}

/// Reads what a line says of a login.
pub fn login(message: &[u8]) -> Option<Login<'_>> {
    if let Some(rest) = message.strip_prefix(b"AUTH=server, relay=") {
        // `RELAY, authid=LOGIN, mech=LOGIN, bits=0`; before 8.12 without the bits.
        let (connection, rest) = rest.split_at_checked(memchr::memchr(b',', rest)?)?;
        let rest = rest.strip_prefix(b", authid=")?;
        let name = rest.get(..memmem::rfind(rest, b", mech=")?)?;
        return Some(Login { ip: ip(connection), name: (!name.is_empty()).then_some(name), connection, ok: true });
    }
    // `ID: AUTH failure (LOGIN): REASON (-13) DETAIL, user=LOGIN, relay=RELAY`; old ones tell no user, and no relay.
    let rest = match split_once(message, b':') {
        Some((id, rest)) if id == b"NOQUEUE" || is_queue_id(id) => rest.strip_prefix(b" ")?,
        _ => message,
    };
    let rest = rest.strip_prefix(b"AUTH failure (")?;
    let (_, rest) = split_once(rest, b')')?;
    let rest = rest.strip_prefix(b": ")?;
    let (rest, connection) = match memmem::rfind(rest, b", relay=") {
        Some(at) => (rest.get(..at)?, rest.get(at + 8..)?),
        None => (rest, &b""[..]),
    };
    // The detail may quote what the client sent; then nobody can tell which user is the one that was tried.
    let mut users = memmem::find_iter(rest, b", user=");
    let name = users.next().filter(|_| users.next().is_none()).and_then(|at| rest.get(at + 7..));
    Some(Login { ip: ip(connection), name: name.filter(|n| !n.is_empty()), connection, ok: false })
}

fn ip(connection: &[u8]) -> Option<&[u8]> {
    match relay::parse(connection)? {
        Relay::Client(ip) => Some(ip),
        _ => None,
    }
}

/// The addresses of a list, without angle brackets.
pub fn addresses(mut list: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (first, rest) = address(list).or_else(|| (!list.is_empty()).then_some((list, &b""[..])))?;
        list = rest.get(1..).unwrap_or_default();
        Some(plain(first))
    })
}

/// Where a list of addresses ends: at the first comma with a blank behind it that is in none of them.
fn list_end(text: &[u8]) -> Option<usize> {
    let mut end = 0;
    loop {
        end += address(text.get(end..)?)?.0.len();
        if text.get(end..)?.starts_with(b", ") {
            return Some(end);
        }
        end += 1;
    }
}

/// An address up to the first comma that is not inside its quotes, comments or angle brackets, and what follows.
fn address(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut quoted, mut comments, mut angle, mut escaped) = (false, 0u32, false, false);
    let end = text.iter().position(|&b| {
        let was_escaped = std::mem::take(&mut escaped);
        match b {
            _ if was_escaped => {}
            b'\\' => escaped = true,
            b'"' if comments == 0 => quoted = !quoted,
            _ if quoted => {}
            b'(' => comments += 1,
            b')' => comments = comments.saturating_sub(1),
            _ if comments > 0 => {}
            b'<' => angle = true,
            b'>' => angle = false,
            b',' => return !angle,
            _ => {}
        }
        false
    })?;
    Some((text.get(..end)?, text.get(end..)?))
}

fn plain(address: &[u8]) -> &[u8] {
    address.strip_prefix(b"<").and_then(|a| a.strip_suffix(b">")).unwrap_or(address)
}

/// The number that a text begins with, and what follows.
fn number<T: std::str::FromStr>(text: &[u8]) -> Option<(T, &[u8])> {
    let (digits, rest) = text.split_at_checked(text.iter().take_while(|b| b.is_ascii_digit()).count())?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}
