//! The answers of `queue.sh` and `spool.sh` into a [`Listing`].

use super::id::is_message_number;
use crate::host::answer::{Answer, lines, number};
use crate::host::parse::{ParseError, text};
use crate::host::time::{Clock, MONTHS};
use crate::mail::mta::Listing;
use crate::mail::mta::listing::{Entry, Reader};
use std::collections::BTreeMap;

/// Messages of `todo` that are read: each takes a few processes.
pub const MAX_TODO: u32 = 1_000;

/// What a line of the list is.
enum Line {
    Entry(Entry),
    Recipient(String),
    /// A recipient that was served, or a message that left while it was listed.
    Gone,
    Unknown,
}

/// Who handed a message in.
struct Head {
    login: Option<String>,
    client: Option<String>,
    /// Whether a login, if there was one, would be known.
    known: bool,
}

#[derive(Default)]
struct Heads {
    by_id: BTreeMap<String, Head>,
    /// How many were not read, in words.
    unread: Option<String>,
}

/// Reads both answers.
pub fn read(list: &Answer, spool: Option<&Answer>, clock: &Clock) -> Listing {
    let mut reader = Reader::new(is_message_number);
    let mut faults: Vec<String> = list.fault.clone().into_iter().collect();
    let mut told: Option<usize> = None;
    let mut open: Option<Entry> = None;
    let mut ended = false;
    let mut read = |bytes: &[u8]| -> Result<(), ParseError> {
        for (_, line) in lines(bytes) {
            if let Some(n) = line.strip_prefix(b"told\t") {
                told = [told, number(n)].into_iter().flatten().min();
            } else if let Some(why) = line.strip_prefix(b"refused\t") {
                faults.push(text(why));
                ended = true;
            } else if let Some(status) = line.strip_prefix(b"end\t") {
                ended = true;
                if status != b"0" {
                    faults.push(format!("mail queue: qmail-qread exited with status {}", text(status)));
                }
            } else if line.starts_with(b"fatal: ") {
                faults.push(format!("mail queue: {}", text(line)));
            } else {
                match classify(line, clock) {
                    Line::Entry(entry) => open.replace(entry).into_iter().for_each(|e| reader.add(e)),
                    Line::Recipient(to) => match &mut open {
                        Some(entry) => entry.recipients.push(to),
                        None => reader.unreadable(),
                    },
                    Line::Gone => {}
                    Line::Unknown => reader.unreadable(),
                }
            }
        }
        Ok(())
    };
    let _ = list.bytes.parse(&mut read);
    open.into_iter().for_each(|entry| reader.add(entry));
    faults.extend(list.cut_off(ended, "mail queue"));
    let mut heads = Heads::default();
    let mut unlisted = None;
    let listed = reader.entries();
    match spool {
        Some(spool) => unlisted = read_spool(spool, &mut reader, &mut heads, &mut faults),
        None => faults.push("queue files: no response".to_owned()),
    }
    let found = unlisted.map(|unlisted: usize| listed.saturating_add(unlisted));
    if let (Some(told), Some(found)) = (told, found)
        && told > found
    {
        faults.push(format!("mail queue: {told} messages were reported, but {found} listed"));
    }
    let mut listing = reader.finish(faults);
    listing.incomplete.extend(heads.unread);
    for message in &mut listing.messages {
        let Some(head) = heads.by_id.remove(&message.id) else { continue };
        if head.known {
            listing.login_read.insert(message.id.clone());
        }
        message.login = head.login;
        listing.clients.extend(head.client.map(|ip| (message.id.clone(), ip)));
    }
    listing
}

/// `24 Nov 2026 02:17:05 GMT  #10504133  233  <spam@example.jp> ` with `bouncing` behind it, `<tab>remote<tab>ADDRESS`,
/// and with `  done` before it for one that was served. Old versions separate by single blanks.
fn classify(line: &[u8], clock: &Clock) -> Line {
    match line {
        [b'\t', rest @ ..] => match rest.strip_prefix(b"remote\t").or(rest.strip_prefix(b"local\t")) {
            Some(to) => Line::Recipient(text(to)),
            None => Line::Unknown,
        },
        [b' ', b' ', b'd', b'o', b'n', b'e', b'\t', ..] => Line::Gone,
        _ if line.starts_with(b"warning: trouble with #") => Line::Gone,
        _ => entry(line, clock).map_or(Line::Unknown, Line::Entry),
    }
}

fn entry(line: &[u8], clock: &Clock) -> Option<Entry> {
    let (date, rest) = split_at(line, b" GMT ")?;
    let (id, rest) = split_at(rest.trim_ascii_start().strip_prefix(b"#")?, b" ")?;
    let (size, rest) = split_at(rest.trim_ascii_start(), b" ")?;
    let sender = rest.trim_ascii().strip_prefix(b"<")?;
    // What stands last is qmail's own: a sender may hold anything.
    let sender = sender.strip_suffix(b">").or_else(|| sender.strip_suffix(b">  bouncing"))?;
    Some(Entry {
        id: text(id),
        queue: "deferred".to_owned(),
        arrival: time(date, clock),
        size: number(size)?,
        sender: text(sender),
        recipients: Vec::new(),
        reason: None,
    })
}

/// `24 Nov 2026 02:17:05`
fn time(date: &[u8], clock: &Clock) -> Option<i64> {
    let mut words = std::str::from_utf8(date).ok()?.split(' ').filter(|w| !w.is_empty());
    let (day, month, year, time) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|&name| name == month)? + 1;
    let date = format!("{year}-{month:02}-{day:0>2}T{time}Z");
    let (at, rest) = clock.parse_iso(date.as_bytes())?;
    (rest.is_empty() && words.next().is_none()).then_some(at)
}

/// Reads the answer of `spool.sh`; returns how many messages have come in and are not in the list.
fn read_spool(spool: &Answer, reader: &mut Reader, heads: &mut Heads, faults: &mut Vec<String>) -> Option<usize> {
    let mut unlisted = None;
    let mut ended = false;
    let mut incoming = 0;
    let mut recipients = Vec::new();
    faults.extend(spool.fault.clone());
    let mut read = |bytes: &[u8]| -> Result<(), ParseError> {
        for (_, line) in lines(bytes) {
            match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                [b"head", id, kind, login, client] => _ = heads.by_id.insert(text(id), head(kind, login, client)),
                [b"more", n] => heads.unread = Some(format!("logins: {} messages were not read", text(n))),
                [b"to", address] => recipients.push(text(address)),
                [b"todo", id, time, size, sender] => {
                    incoming += 1;
                    reader.add(Entry {
                        id: text(id),
                        queue: "incoming".to_owned(),
                        arrival: number(time),
                        size: number(size).unwrap_or_default(),
                        sender: text(sender),
                        recipients: std::mem::take(&mut recipients),
                        reason: None,
                    });
                }
                [b"unlisted", n] => unlisted = number(n),
                [b"refused", why] => faults.push(text(why)),
                [b"end"] => ended = true,
                _ => reader.unreadable(),
            }
        }
        Ok(())
    };
    let _ = spool.bytes.parse(&mut read);
    faults.extend(spool.cut_off(ended, "queue files"));
    // A few are always on their way in; of a thousand and more, not all are read.
    if let Some(all) = unlisted.filter(|&all: &usize| all > incoming && incoming >= MAX_TODO as usize) {
        faults.push(format!("mail queue: {incoming} of {all} incoming messages were read"));
    }
    unlisted
}

/// That mail came from the network tells nothing of a login: Plesk's qmail, for one, lets its clients log in
/// and leaves no word of that in the message.
fn head(kind: &[u8], login: &[u8], client: &[u8]) -> Head {
    let some = |b: &[u8]| (!b.is_empty()).then(|| text(b));
    Head { login: some(login), client: some(client), known: kind != b"network" || !login.is_empty() }
}

fn split_at<'a>(line: &'a [u8], by: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memchr::memmem::find(line, by)?;
    Some((line.get(..at)?, line.get(at + by.len()..)?))
}
