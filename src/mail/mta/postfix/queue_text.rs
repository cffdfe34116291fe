//! The listing of `postqueue -p`, as every version prints it: no year, and a reason that stands before the
//! recipients it holds for, indented or not.

use crate::host::time::Clock;
use crate::mail::mta::listing::Entry;

/// What one line of the text is.
pub enum Line {
    Header,
    Entry(Entry),
    Reason(String),
    Recipient(String),
    Blank,
    /// The last line, with the number of messages that it tells.
    Trailer(usize),
    Unknown,
}

/// Reads one line. Without years, times need the host's clock.
pub fn classify(bytes: &[u8], clock: &Clock) -> Line {
    let text = String::from_utf8_lossy(bytes);
    let trimmed = text.trim();
    match bytes.first() {
        None => Line::Blank,
        _ if trimmed.is_empty() => Line::Blank,
        _ if text == "Mail queue is empty" => Line::Trailer(0),
        Some(b'-') => match trailer(&text) {
            Some(n) => Line::Trailer(n),
            None if text.contains("Queue ID-") => Line::Header,
            None => Line::Unknown,
        },
        Some(b'(' | b' ') if trimmed.starts_with('(') && trimmed.ends_with(')') => {
            Line::Reason(trimmed.get(1..trimmed.len() - 1).unwrap_or_default().to_owned())
        }
        Some(b' ') if text.starts_with("          ") => Line::Recipient(trimmed.to_owned()),
        Some(b' ' | b'(') => Line::Unknown,
        Some(_) => entry(&text, clock).map_or(Line::Unknown, Line::Entry),
    }
}

/// `-- 2 Kbytes in 7 Requests.`
fn trailer(text: &str) -> Option<usize> {
    let mut words = text.strip_prefix("-- ")?.split(' ');
    words.next()?.parse::<u64>().ok()?;
    let shape = words.next()?.ends_with("bytes") && words.next()? == "in";
    let count = words.next()?.parse().ok()?;
    (shape && words.next()?.starts_with("Request") && words.next().is_none()).then_some(count)
}

/// `822CA9D2126*     260 Tue Nov 24 01:58:54  spam1@example.jp`
fn entry(text: &str, clock: &Clock) -> Option<Entry> {
    let (id, rest) = text.split_once(' ')?;
    let (id, queue) = match id.char_indices().next_back()? {
        (at, '*') => (id.get(..at)?, "active"),
        (at, '!') => (id.get(..at)?, "hold"),
        // Marked to expire; it is still a deferred message.
        (at, '#') => (id.get(..at)?, "deferred"),
        _ => (id, "deferred"),
    };
    let (size, rest) = rest.trim_start().split_once(' ')?;
    // The day of the week tells nothing that the date does not.
    let (_, time) = rest.trim_start().split_once(' ')?;
    let parsed = clock.parse_bsd(time.as_bytes());
    let sender = time.get(15..)?;
    Some(Entry {
        id: id.to_owned(),
        queue: queue.to_owned(),
        arrival: parsed.map(|(at, _)| at),
        size: size.parse().ok()?,
        sender: sender.trim().to_owned(),
        recipients: Vec::new(),
        reason: None,
    })
}
