//! `<=`: a message came in.
//!
//! Its fields stand in a fixed order, and up to the size nothing of the client's stands among them but the
//! sender, which is quoted where it holds a blank, the HELO, the answer of an ident server and the names of TLS.
//! With the wrong settings, or in old versions, these can hold whatever looks like the fields that follow; but
//! then what truly follows is left over: an address, the protocol, a quote, or behind the size another one.
//! Such a line can be read in two ways, and neither its login nor its client is believed. Source of the order:
//! Exim, `receive.c`.

use super::words::{client, outside_quotes, word};
use crate::host::answer::number;
use crate::mail::log::syslog::split_once;
use memchr::memmem;

/// What the line tells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Received<'a> {
    /// Empty for `<>`.
    pub sender: &'a [u8],
    /// Exim wrote it itself, about another message: a bounce, a warning, an autoreply.
    pub answer: bool,
    /// It came over the network.
    pub remote: bool,
    pub ip: Option<&'a [u8]>,
    /// The local user; of mail that came over the network this is the client's word.
    pub user: Option<&'a [u8]>,
    pub login: Option<&'a [u8]>,
    /// Bytes.
    pub size: u64,
    /// Without its angle brackets.
    pub message_id: Option<&'a [u8]>,
    /// Recipients; 0 where the log does not tell them.
    pub recipients: u32,
    /// The first of them.
    pub recipient: Option<&'a [u8]>,
}

/// `SENDER R=ID H=NAME (HELO) [IP] I=[..]:25 U=USER P=PROTOCOL X=.. CV=.. DN=".." SNI=.. A=DRIVER:LOGIN S=SIZE ..
/// id=MESSAGE-ID T="SUBJECT" from <SENDER> for RECIPIENT RECIPIENT`; all but sender and size may be missing.
pub fn parse(text: &[u8]) -> Option<Received<'_>> {
    let (sender, mut rest) = word(text)?;
    let mut r = Received { sender: if sender == b"<>" { b"" } else { sender }, ..Received::default() };
    if rest.starts_with(b"R=") {
        r.answer = true;
    }
    let (mut protocol, mut auth, mut tls, mut doubtful) = (false, false, false, false);
    loop {
        if let Some(host) = rest.strip_prefix(b"H=").filter(|_| !r.remote) {
            let (ip, after) = client(host)?;
            (r.remote, r.ip) = (true, Some(ip));
            rest = after.strip_prefix(b" ")?;
        }
        let (field, after) = field(rest)?;
        rest = after;
        tls |= is_tls_name(field);
        doubtful |= field.starts_with(b"[") || (auth && field.contains(&b'"'));
        if let Some(user) = field.strip_prefix(b"U=") {
            r.user.get_or_insert(user);
        } else if field.starts_with(b"P=") {
            doubtful |= protocol;
            protocol = true;
        } else if let Some(value) = field.strip_prefix(b"A=") {
            r.login = r.login.or(login(value));
            doubtful |= !protocol || value.contains(&b'"');
            auth = true;
        } else if let Some(size) = field.strip_prefix(b"S=") {
            match number(size) {
                Some(size) => {
                    r.size = size;
                    break;
                }
                None => doubtful = true,
            }
        }
    }
    if r.remote && (doubtful || holds_fields(rest, r.user.is_some(), tls)) {
        (r.login, r.ip) = (None, None);
    }
    while let Some((field, after)) = word(rest) {
        rest = after;
        // `id*=` where Exim gave the message its id.
        if let Some(id) = field.strip_prefix(b"id=").or_else(|| field.strip_prefix(b"id*=")) {
            r.message_id.get_or_insert(id);
        } else if field == b"from" && rest.starts_with(b"<") {
            // What the sender was before it was rewritten.
            let end = outside_quotes(rest, b'>')?;
            rest = rest.get(end + 1..).and_then(|r| r.strip_prefix(b" ")).unwrap_or_default();
        } else if field == b"for" {
            while let Some((to, after)) = word(rest) {
                r.recipients = r.recipients.saturating_add(1);
                r.recipient.get_or_insert(to);
                rest = after;
            }
        }
    }
    Some(r)
}

/// A field before the size. Only the names of TLS are quoted.
fn field(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let plain = || split_once(text, b' ').or_else(|| (!text.is_empty()).then_some((text, &[])));
    is_tls_name(text).then(|| word(text)).flatten().or_else(plain)
}

/// `DRIVER:LOGIN`, and behind another colon what the client says in MAIL's `AUTH=` where that is logged.
fn login(auth: &[u8]) -> Option<&[u8]> {
    auth.split(|&b| b == b':').nth(1).filter(|login| !login.is_empty())
}

fn is_tls_name(field: &[u8]) -> bool {
    field.starts_with(b"DN=\"") || field.starts_with(b"SNI=\"")
}

/// Whether what follows the size holds the true fields, which a client has pushed there: behind a HELO the end
/// of it, the protocol and the size; behind an ident's answer the protocol and the size; behind a name of TLS the
/// size.
fn holds_fields(text: &[u8], ident: bool, tls: bool) -> bool {
    let is_size = |at: &usize| {
        let before = at.checked_sub(1).and_then(|b| text.get(b));
        let value = text.get(at + 2..).unwrap_or_default();
        let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
        matches!(before, None | Some(b' ')) && digits > 0 && matches!(value.get(digits), None | Some(b' '))
    };
    let Some(size) = memmem::find_iter(text, b"S=").filter(is_size).last() else { return false };
    let helo = if ident { Some(0) } else { memmem::find(text, b") [") };
    tls || helo.and_then(|at| memmem::find(text.get(at..size)?, b" P=")).is_some()
}
