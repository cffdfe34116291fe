//! The script that gathers a log's sources, and the way through what it prints.

use super::syslog::{self, Line};
use super::{LogReading, Window};
use crate::mail::output::lines;
use crate::mail::text;
use crate::mail::time::Clock;
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

/// How a mail server's lines are cut: [`syslog::parse`](super::syslog::parse), or its own way.
pub type Cut<'a> = fn(&'a [u8], &Clock) -> Option<Line<'a>>;

/// Goes through what the script printed, or through a bare log, cuts each line and hands it to the reader,
/// which says whether it is one of its own. Fills in everything of the reading but its records.
pub fn walk<'a>(
    bytes: &'a [u8],
    clock: &Clock,
    cut: impl Fn(&'a [u8], &Clock) -> Option<Line<'a>>,
    mut read: impl FnMut(Line<'a>) -> bool,
) -> LogReading {
    let mut reading = LogReading::default();
    let mut source = clock.clone();
    // What stands before this line was begun in a way that the log does not allow.
    let again = memchr::memmem::rfind(bytes, b"\nrestart\n").and_then(|at| bytes.get(at + 9..));
    for (_, line) in lines(again.unwrap_or(bytes)) {
        if let Some(header) = line.strip_prefix(b"== ") {
            let modified = header.split(|&b| b == b' ').nth(1).and_then(|m| std::str::from_utf8(m).ok()?.parse().ok());
            source = modified.filter(|&at| at > 0).map_or_else(|| clock.clone(), |at| clock.until(at));
        } else if let Some(beginning) = line.strip_prefix(b"first ") {
            let at = source.parse_any(beginning).map(|(at, _)| at);
            reading.begins = [reading.begins, at].into_iter().flatten().min();
        } else if let Some(skipped) = line.strip_prefix(b"skip\t") {
            let (path, why) = syslog::split_once(skipped, b'\t').unwrap_or((skipped, b"skipped"));
            reading.incomplete.push(format!("{}: {}", text(path), text(why)));
        } else if line == b"changed" {
            reading.incomplete.push("the log was rotated while it was read".to_owned());
        } else if line == b"end" {
            reading.ended = true;
        } else {
            reading.lines += 1;
            let parsed = cut(line, &source);
            reading.begins = [reading.begins, parsed.map(|l| l.at)].into_iter().flatten().min();
            reading.foreign += usize::from(!parsed.is_some_and(&mut read));
        }
    }
    reading
}

#[cfg(test)]
mod tests;
