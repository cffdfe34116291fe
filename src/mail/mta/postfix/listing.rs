//! The one place that turns either form of Postfix's listing, and what its queue files tell, into a
//! [`Listing`].

use super::id::is_queue_id;
use super::{queue_json, queue_text};
use crate::host::answer::{Answer, lines};
use crate::host::parse::{ParseError, text};
use crate::host::time::Clock;
use crate::mail::mta::Listing;
use crate::mail::mta::listing::{Entry, Reader};
use std::collections::BTreeMap;

/// Reads the answer of `queue.sh`.
pub fn read_queue(answer: &Answer, clock: &Clock) -> Result<Listing, ParseError> {
    let mut reader = Reader::new(is_queue_id);
    let mut open: Option<Entry> = None;
    let mut told = None;
    let mut end = None;
    answer.bytes.parse(|bytes| {
        for (_, line) in lines(bytes) {
            if let Some(tail) = line.strip_prefix(b"end=") {
                end = Some(text(tail));
            } else if line.first() == Some(&b'{') {
                queue_json::line(&mut reader, line);
            } else {
                match queue_text::classify(line, clock) {
                    queue_text::Line::Entry(entry) => open.replace(entry).into_iter().for_each(|e| reader.add(e)),
                    queue_text::Line::Reason(reason) => match &mut open {
                        Some(entry) => _ = entry.reason.get_or_insert(reason),
                        None => reader.unreadable(),
                    },
                    queue_text::Line::Recipient(to) => match &mut open {
                        Some(entry) => entry.recipients.push(to),
                        None => reader.unreadable(),
                    },
                    queue_text::Line::Blank => open.take().into_iter().for_each(|e| reader.add(e)),
                    queue_text::Line::Trailer(n) => told = Some(n),
                    queue_text::Line::Header => {}
                    queue_text::Line::Unknown => reader.unreadable(),
                }
            }
        }
        Ok::<(), ParseError>(())
    })?;
    open.into_iter().for_each(|entry| reader.add(entry));

    let mut faults: Vec<String> = answer.fault.clone().into_iter().collect();
    let entries = reader.entries();
    match end.as_deref() {
        Some("json rc=0") => {}
        Some("text rc=0") => match told {
            Some(n) if n == entries => {}
            Some(n) => faults.push(format!("mail queue: {n} messages were reported, but {entries} listed")),
            None => faults.push("mail queue: the last line of the listing is missing".to_owned()),
        },
        Some(end) => {
            let why = if answer.stderr.is_empty() { end } else { &answer.stderr };
            faults.push(format!("mail queue: the listing failed: {why}"));
        }
        None if faults.is_empty() => faults.push("mail queue: the output was truncated".to_owned()),
        None => {}
    }
    Ok(reader.finish(faults))
}

/// What the queue's files told.
#[derive(Default)]
pub struct Spool {
    /// Files by queue.
    pub counts: BTreeMap<String, u64>,
    /// Login (if any) and client by queue id.
    pub logins: BTreeMap<String, (Option<String>, Option<String>)>,
    pub refused: usize,
    pub incomplete: Vec<String>,
}

/// Reads the answer of `spool.sh`.
pub fn read_spool(answer: &Answer) -> Spool {
    let mut spool = Spool { incomplete: answer.fault.clone().into_iter().collect(), ..Spool::default() };
    let mut ended = false;
    let some = |b: &[u8]| (!b.is_empty()).then(|| text(b));
    let read = |bytes: &[u8]| -> Result<(), ParseError> {
        for (_, line) in lines(bytes) {
            match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                [b"count", queue, n] => {
                    let n = std::str::from_utf8(n).ok().and_then(|n| n.parse().ok());
                    spool.counts.extend(n.map(|n| (text(queue), n)));
                }
                [b"login", id, login, client] if is_queue_id(id) => {
                    spool.logins.insert(text(id), (some(login), some(client)));
                }
                [b"login", ..] => spool.refused += 1,
                [b"refused", why] => spool.incomplete.push(text(why)),
                [b"end"] => ended = true,
                _ => {}
            }
        }
        Ok(())
    };
    let _ = answer.bytes.parse(read);
    if !ended && spool.incomplete.is_empty() {
        spool.incomplete.push("queue files: the output was truncated".to_owned());
    }
    spool
}
