//! The listing of `exim -bp`, and what the queue's files tell.

use super::id::is_id;
use crate::host::answer::{Answer, lines};
use crate::host::nets;
use crate::host::parse::{ParseError, text};
use crate::mail::mta::Listing;
use crate::mail::mta::listing::{Entry, Reader};
use std::collections::BTreeMap;

/// Reads the answer of `queue.sh`. Ages are before `now`, the host's.
pub fn read_list(answer: &Answer, now: i64) -> Result<Listing, ParseError> {
    let mut reader = Reader::new(is_id);
    let mut open: Option<Entry> = None;
    let mut end = None;
    answer.bytes.parse(|bytes| {
        for (_, line) in lines(bytes) {
            if let Some(status) = line.strip_prefix(b"end=") {
                end = Some(text(status));
            } else if line.is_empty() {
                open.take().into_iter().for_each(|e| reader.add(e));
            } else if let Some(to) = line.strip_prefix(b"          ") {
                match &mut open {
                    Some(entry) => entry.recipients.push(String::from_utf8_lossy(to).into_owned()),
                    None => reader.unreadable(),
                }
            } else if line.starts_with(b"        D ") && open.is_some() {
                // Delivered: it waits no more.
            } else if let Some(entry) = entry(&String::from_utf8_lossy(line), now) {
                open.replace(entry).into_iter().for_each(|e| reader.add(e));
            } else {
                // The recipients of what could not be read are not those of the message before it.
                open.take().into_iter().for_each(|e| reader.add(e));
                reader.unreadable();
            }
        }
        Ok::<(), ParseError>(())
    })?;
    open.into_iter().for_each(|entry| reader.add(entry));

    let mut faults: Vec<String> = answer.fault.clone().into_iter().collect();
    match end.as_deref() {
        Some("0") => {}
        Some(status) if answer.stderr.is_empty() => {
            faults.push(format!("mail queue: the listing failed with status {status}"));
        }
        Some(_) => faults.push(format!("mail queue: the listing failed: {}", answer.stderr)),
        None if faults.is_empty() => faults.push("mail queue: the output was truncated".to_owned()),
        None => {}
    }
    Ok(reader.finish(faults))
}

/// ` 0m   443 1xVg1Y-00000z-39 <ceo@forged.example.org> *** frozen ***`; a size of nothing is blank, and the user
/// who named another sender than himself stands in parentheses. The sender is bounded from the right.
fn entry(line: &str, now: i64) -> Option<Entry> {
    let (waited, rest) = line.trim_start().split_once(' ')?;
    let (first, after) = rest.trim_start().split_once(' ')?;
    let (size, id, rest) = match size(first) {
        Some(size) => {
            let (id, rest) = after.trim_start().split_once(' ')?;
            (size, id, rest)
        }
        None => (0, first, after),
    };
    let (rest, queue) = match rest.strip_suffix(" *** frozen ***") {
        Some(rest) => (rest, "frozen"),
        None => (rest, "deferred"),
    };
    let rest = match rest.strip_suffix(')').and_then(|r| r.rsplit_once(" (")) {
        Some((rest, user)) if !user.contains(['<', '>']) => rest,
        _ => rest,
    };
    Some(Entry {
        id: id.to_owned(),
        queue: queue.to_owned(),
        arrival: Some(now.saturating_sub(age(waited)?)),
        size,
        sender: rest.strip_prefix('<')?.strip_suffix('>')?.to_owned(),
        recipients: Vec::new(),
        reason: None,
    })
}

/// `90m`, `72h`, `4d`, in seconds.
fn age(text: &str) -> Option<i64> {
    let (at, unit) = text.char_indices().next_back()?;
    let unit = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let number = text.get(..at).filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))?;
    Some(number.parse::<i64>().ok()?.saturating_mul(unit))
}

/// `443`, `1.2K`, `12K`, `3.0M`, in bytes.
fn size(text: &str) -> Option<u64> {
    let (number, unit) = match text.char_indices().next_back()? {
        (at, 'K') => (text.get(..at)?, 1 << 10),
        (at, 'M') => (text.get(..at)?, 1 << 20),
        (at, 'G') => (text.get(..at)?, 1 << 30),
        _ => (text, 1),
    };
    let (whole, tenth) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |n: &str| n.bytes().all(|b| b.is_ascii_digit()).then(|| n.parse::<u64>().ok()).flatten();
    let tenth = digits(tenth).filter(|t| *t < 10)?;
    Some(digits(whole)?.saturating_mul(10).saturating_add(tenth).saturating_mul(unit) / 10)
}

/// What the queue's files told.
#[derive(Default)]
pub struct Spool {
    pub files: BTreeMap<String, File>,
    pub refused: usize,
    pub incomplete: Vec<String>,
}

/// What one of them told.
pub struct File {
    /// Seconds since 1970.
    pub received: Option<i64>,
    pub login: Option<String>,
    /// The client's address.
    pub client: Option<String>,
}

/// Reads the answer of `spool.sh`.
pub fn read_spool(answer: &Answer) -> Spool {
    let mut spool = Spool { incomplete: answer.fault.clone().into_iter().collect(), ..Spool::default() };
    let mut ended = false;
    let read = |bytes: &[u8]| -> Result<(), ParseError> {
        for (_, line) in lines(bytes) {
            match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                [b"file", id, received, login, client] if is_id(id) => {
                    let received = std::str::from_utf8(received).ok().and_then(|r| r.parse().ok()).filter(|&at| at > 0);
                    let login = (!login.is_empty()).then(|| text(login));
                    spool.files.insert(text(id), File { received, login, client: ip(client).map(text) });
                }
                [b"file", ..] => spool.refused += 1,
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

/// The address of `[192.0.2.7]:49368`.
fn ip(client: &[u8]) -> Option<&[u8]> {
    let ip = client.strip_prefix(b"[")?;
    let ip = ip.get(..memchr::memchr(b']', ip)?)?;
    nets::is_ip(ip).then_some(ip)
}
