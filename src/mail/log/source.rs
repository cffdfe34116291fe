//! The script that gathers a log's sources, and the way through what it prints.

use super::syslog::{self, Line};
use super::{LogReading, Window};
use crate::host::answer::lines;
use crate::host::parse::text;
use crate::host::time::Clock;
use crate::model::Host;
use crate::shell::Part;
use std::time::Duration;

/// Bytes of log lines that are kept of one host.
pub const MAX_LOG: usize = 64 << 20;
/// Bytes of a log from which on it is added up on the host, where the mail server's piece brings a way to.
const LARGE: u64 = 32 << 20;
/// Reading a few gigabytes on an old disk takes minutes.
const TIMEOUT: Duration = Duration::from_secs(300);

/// The part that gathers. `head` is the mail server's own piece: it sets `names`, the usual files, and
/// `pattern`, an extended regular expression for awk; `compact`, if it is set, is an awk program that prints a line
/// for each message of a large log. A file in the host's `paths.mail_log` replaces them.
pub fn part(name: &'static str, host: &Host, window: &Window, head: &str) -> Part {
    let days = (window.now.saturating_sub(window.from)) / 86_400 + 2;
    let mut part = Part::new(name, format!("{head}{}", include_str!("gather.sh")))
        .value("days", window.days.join("|"))
        .value("mdays", days.to_string())
        .value("since", window.from.saturating_sub(3_600).max(0).to_string())
        .value("large", LARGE.to_string())
        .max_stdout(MAX_LOG);
    part.args.extend(host.paths.get("mail_log").cloned());
    part.timeout = TIMEOUT;
    part
}

/// How a mail server's lines are cut: [`syslog::parse`], or its own way.
pub type Cut<'a> = fn(&'a [u8], &Clock) -> Option<Line<'a>>;

/// One file, or the journal.
struct Source<'a> {
    clock: Clock,
    modified: Option<i64>,
    /// When its first line was written.
    begins: Option<i64>,
    text: &'a [u8],
}

impl<'a> Source<'a> {
    fn new(clock: Clock, modified: Option<i64>, text: &'a [u8]) -> Self {
        Self { clock, modified, begins: None, text }
    }
}

/// What the script printed of each file, in its order. What stands before the first is one more.
fn sources<'a>(bytes: &'a [u8], clock: &Clock) -> Vec<Source<'a>> {
    // Each begins with a line of its own.
    let mut starts = memchr::memmem::find_iter(bytes, b"\n== ").map(|at| at + 1).peekable();
    let mut from = 0;
    let mut found: Vec<Source<'a>> = Vec::new();
    loop {
        let to = starts.next();
        let text = bytes.get(from..to.unwrap_or(bytes.len())).unwrap_or_default();
        found.push(match text.strip_prefix(b"== ") {
            Some(text) => {
                let (header, text) = syslog::split_once(text, b'\n').unwrap_or((text, b""));
                let modified = header.split(|&b| b == b' ').nth(1);
                let modified =
                    modified.and_then(|m| std::str::from_utf8(m).ok()?.parse().ok()).filter(|&at: &i64| at > 0);
                let mut clock = modified.map_or_else(|| clock.clone(), |at| clock.until(at));
                // A file goes on where the one before was left.
                found.last().and_then(|before| before.modified).iter().for_each(|at| clock.pass(*at));
                Source::new(clock, modified, text)
            }
            None => Source::new(clock.clone(), None, text),
        });
        match to {
            Some(next) => from = next,
            None => return found,
        }
    }
}

/// Goes through what the script printed, or through a bare log, cuts each line and hands it to the reader,
/// which says whether it is one of its own. Fills in everything of the reading but its records.
///
/// A last line without its end is counted and no more: what it would have said is not known.
///
/// What a line means hangs on lines before it, in files before it too: the script prints files by the time of
/// their last change, which a copy loses, so they are read here by the time of their first line.
pub fn walk<'a>(
    bytes: &'a [u8],
    clock: &Clock,
    cut: impl Fn(&'a [u8], &Clock) -> Option<Line<'a>>,
    mut read: impl FnMut(Line<'a>) -> bool,
) -> LogReading {
    // What stands before this line was begun in a way that the log does not allow.
    let again = memchr::memmem::rfind(bytes, b"\nrestart\n").and_then(|at| bytes.get(at + 9..));
    let bytes = again.unwrap_or(bytes);
    let whole = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
    let (bytes, cut_off) = bytes.split_at_checked(whole).unwrap_or((bytes, b""));
    let unread = usize::from(!cut_off.is_empty());
    let mut reading = LogReading { lines: unread, foreign: unread, ..LogReading::default() };
    let mut sources = sources(bytes, clock);
    for source in &mut sources {
        source.begins = lines(source.text).find_map(|(_, line)| match line.strip_prefix(b"first ") {
            Some(beginning) => Some(source.clock.parse_any(beginning)?.0),
            None => Some(cut(line, &source.clock)?.at),
        });
    }
    let mut words = LogReading::default();
    sources.sort_by_key(|source| (source.begins, source.modified));
    for Source { mut clock, begins, text: lines_of, .. } in sources {
        reading.begins = [reading.begins, begins].into_iter().flatten().min();
        let mut before: Option<Line<'a>> = None;
        for (_, line) in lines(lines_of).filter(|(_, line)| !is_word(line, &mut words)) {
            reading.lines += 1;
            let again = before.and_then(|before| syslog::again(line, &before, &clock));
            let parsed = again.or_else(|| cut(line, &clock));
            if again.is_none() {
                before = parsed;
            }
            parsed.iter().for_each(|line| clock.pass(line.at));
            reading.begins = [reading.begins, parsed.map(|l| l.at)].into_iter().flatten().min();
            reading.foreign += usize::from(!parsed.is_some_and(&mut read));
        }
    }
    LogReading { ended: words.ended, incomplete: words.incomplete, ..reading }
}

/// Whether a line is the script's own, which is noted.
fn is_word(line: &[u8], noted: &mut LogReading) -> bool {
    if let Some(skipped) = line.strip_prefix(b"skip\t") {
        let (path, why) = syslog::split_once(skipped, b'\t').unwrap_or((skipped, b"skipped"));
        noted.incomplete.push(format!("{}: {}", text(path), text(why)));
        return true;
    }
    match line {
        b"changed" => noted.incomplete.push("the log was rotated while it was read".to_owned()),
        b"end" => noted.ended = true,
        _ => return line.starts_with(b"first "),
    }
    true
}

#[cfg(test)]
mod tests;
