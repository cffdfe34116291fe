//! `=>` and its likes: what became of a recipient.

use super::words::{outside_quotes, word};
use crate::mail::log::syslog::split_once;
use memchr::memmem;

/// A recipient: local part and domain, by which it is known.
pub type To<'a> = (&'a [u8], &'a [u8]);

/// What became of one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Accepted by another host.
    Sent,
    /// Accepted by a server on this host: mailboxes, or a content filter that will hand it back.
    Handed,
    /// Delivered on this host.
    Delivered,
    Deferred,
    Bounced {
        unknown: bool,
    },
}

/// Reads what follows the mark.
pub fn parse<'a>(mark: &[u8], text: &'a [u8]) -> Option<(To<'a>, Fate)> {
    match mark {
        b"=>" | b"->" | b">>" => {
            let (to, rest) = recipient(text)?;
            Some((to, served(rest)?))
        }
        b"==" => Some((recipient(text)?.0, Fate::Deferred)),
        b"**" => {
            // Without a router the reason stands right behind the address.
            let (address, _) = split_once(text, b' ').unwrap_or((text, b""));
            if let Some(address) = address.strip_suffix(b":") {
                return Some((recipient(address)?.0, Fate::Bounced { unknown: false }));
            }
            let (to, rest) = recipient(text)?;
            Some((to, Fate::Bounced { unknown: is_unknown(rest) }))
        }
        _ => None,
    }
}

/// `ADDRESS`, `ADDRESS <WHAT WAS WRITTEN>`, `LOCAL-PART <ADDRESS>`, with ` (ADDRESS, ..)` of steps between; of
/// pipes and files the command or the path. Returns what follows too. Local parts stand here without their
/// quotes, so a recipient may hold what looks like the fields that follow.
fn recipient(text: &[u8]) -> Option<(To<'_>, &[u8])> {
    if let b'|' | b'/' | b'>' = text.first()? {
        let (target, rest) = text.split_at_checked(memmem::find(text, b" R=").unwrap_or(text.len()))?;
        return Some(((target, b""), rest.strip_prefix(b" ").unwrap_or(rest)));
    }
    let (address, mut rest) = split_once(text, b' ').unwrap_or((text, b""));
    if let Some(steps) = rest.strip_prefix(b"(") {
        let (_, after) = split_once(steps, b')')?;
        rest = after.strip_prefix(b" ").unwrap_or(after);
    }
    let mut written: &[u8] = b"";
    if let Some(top) = rest.strip_prefix(b"<") {
        let end = outside_quotes(top, b'>')?;
        written = top.get(..end)?;
        rest = top.get(end + 1..)?;
        rest = rest.strip_prefix(b" ").unwrap_or(rest);
    }
    let to = match memchr::memrchr(b'@', address) {
        Some(at) => (address.get(..at)?, address.get(at + 1..)?),
        // A mailbox by its local part alone, whose domain is that of the address that led there.
        None => (address, written.get(memchr::memrchr(b'@', written)? + 1..)?),
    };
    (!to.0.is_empty()).then_some((to, rest))
}

/// `F=<SENDER> P=<SENDER> R=ROUTER T=TRANSPORT S=SIZE H=NAME [IP]:25 X=.. C="REPLY" QT=.. DT=..`. Where there is
/// no address, it was delivered here.
fn served(mut rest: &[u8]) -> Option<Fate> {
    let mut fate = None;
    let mut routers = 0;
    while let Some((field, after)) = word(rest) {
        rest = after;
        if field.starts_with(b"R=") {
            routers += 1;
        } else if field.starts_with(b"H=") && rest.starts_with(b"[") && fate.is_none() {
            let loopback = [&b"[127."[..], b"[::1]"].iter().any(|ip| rest.starts_with(ip));
            fate = Some(if loopback { Fate::Handed } else { Fate::Sent });
        } else if field.starts_with(b"C=") {
            break;
        }
    }
    (routers <= 1).then_some(fate.unwrap_or(Fate::Delivered))
}

/// Whether the other server does not know the recipient: `..: SMTP error from remote mail server after RCPT
/// TO:<..>: host NAME [IP]: 550 5.1.1 ..`. The host stands here in old versions, behind `H=` in new ones.
fn is_unknown(rest: &[u8]) -> bool {
    let reply = || {
        let mut rest = rest;
        loop {
            let (field, after) = word(rest)?;
            rest = after;
            if field.ends_with(b":") {
                break;
            }
        }
        let rest = [&b"SMTP error from remote mail server after "[..], b"SMTP error from remote mailer after "]
            .iter()
            .find_map(|said| rest.strip_prefix(*said))?;
        let command = rest.strip_prefix(b"pipelined ").unwrap_or(rest).strip_prefix(b"RCPT TO:<")?;
        let rest = command.get(outside_quotes(command, b'>')? + 1..)?;
        let rest = rest.get(memmem::find(rest, b": ")? + 2..)?;
        match rest.strip_prefix(b"host ") {
            Some(host) => host.get(memmem::find(host, b"]: ")? + 3..),
            None => Some(rest),
        }
    };
    let Some(reply) = reply() else { return false };
    let text = match reply {
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', text @ ..] => text,
        text => text,
    };
    let code =
        text.strip_prefix(b"5.1.1").is_some_and(|r| !r.first().is_some_and(|b| b.is_ascii_digit() || *b == b'.'));
    code || text.get(..12).is_some_and(|t| t.eq_ignore_ascii_case(b"user unknown"))
}
