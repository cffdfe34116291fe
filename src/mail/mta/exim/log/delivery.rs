//! `=>` and its likes: what became of a recipient.

use super::words::{outside_quotes, word};
use crate::mail::log::Fate;
use crate::mail::log::syslog::split_once;
use memchr::memmem;

/// A recipient: local part and domain, by which it is known.
pub type To<'a> = (&'a [u8], &'a [u8]);

/// What another server said when it did not take a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reply<'a> {
    /// The server's name.
    pub remote: &'a [u8],
    pub text: &'a [u8],
    /// It is about the recipient, not about the message.
    to_recipient: bool,
}

/// Reads what follows the mark.
pub fn parse<'a>(mark: &[u8], text: &'a [u8]) -> Option<(To<'a>, Fate, Option<Reply<'a>>)> {
    match mark {
        b"=>" | b"->" | b">>" => {
            let (to, rest) = recipient(text)?;
            Some((to, served(rest)?, None))
        }
        b"==" => {
            let (to, rest) = recipient(text)?;
            Some((to, Fate::Deferred, reply(rest)))
        }
        b"**" => {
            // Without a router the reason stands right behind the address.
            let (address, _) = split_once(text, b' ').unwrap_or((text, b""));
            if let Some(address) = address.strip_suffix(b":") {
                return Some((recipient(address)?.0, Fate::Bounced { unknown: false }, None));
            }
            let (to, rest) = recipient(text)?;
            let reply = reply(rest);
            Some((to, Fate::Bounced { unknown: reply.is_some_and(|r| is_unknown(&r)) }, reply))
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
            let loopback = [&b"[127.0.0.1]"[..], b"[::1]"].iter().any(|ip| rest.starts_with(ip));
            fate = Some(if loopback { Fate::Handed } else { Fate::Sent });
        } else if field.starts_with(b"C=") {
            break;
        }
    }
    (routers <= 1).then_some(fate.unwrap_or(Fate::Delivered))
}

/// `H=NAME [IP] ..: SMTP error from remote mail server after RCPT TO:<..>: 550 5.1.1 ..`; old versions tell the
/// server behind the command, as `host NAME [IP]: `.
fn reply(mut rest: &[u8]) -> Option<Reply<'_>> {
    let mut remote: &[u8] = b"";
    loop {
        let (field, after) = word(rest)?;
        rest = after;
        remote = field.strip_prefix(b"H=").filter(|_| remote.is_empty()).unwrap_or(remote);
        if field.ends_with(b":") {
            break;
        }
    }
    let said = [&b"SMTP error from remote mail server after "[..], b"SMTP error from remote mailer after "];
    let command = said.iter().find_map(|said| rest.strip_prefix(*said))?;
    let command = command.strip_prefix(b"pipelined ").unwrap_or(command);
    let to_recipient = command.starts_with(b"RCPT TO:<");
    // The path of RCPT and MAIL may hold anything.
    let path = if to_recipient || command.starts_with(b"MAIL FROM:<") { memchr::memchr(b'<', command) } else { None };
    let rest = match path {
        Some(path) => command.get(path + outside_quotes(command.get(path..)?, b'>')?..)?,
        None => command,
    };
    let text = rest.get(memmem::find(rest, b": ")? + 2..)?;
    match text.strip_prefix(b"host ") {
        Some(host) => Some(Reply {
            remote: split_once(host, b' ')?.0,
            text: host.get(memmem::find(host, b"]: ")? + 3..)?,
            to_recipient,
        }),
        None => Some(Reply { remote, text, to_recipient }),
    }
}

/// Whether the other server does not know the recipient.
fn is_unknown(reply: &Reply<'_>) -> bool {
    let text = match reply.text {
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', text @ ..] => text,
        text => text,
    };
    let code =
        text.strip_prefix(b"5.1.1").is_some_and(|r| !r.first().is_some_and(|b| b.is_ascii_digit() || *b == b'.'));
    let words = text.get(..12).is_some_and(|t| t.eq_ignore_ascii_case(b"user unknown"));
    reply.to_recipient && (code || words)
}
