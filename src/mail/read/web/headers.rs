//! What the headers of queued messages tell of the scripts that handed them in.

use crate::host::answer::{Answer, lines};
use crate::host::parse::ParseError;
use crate::host::parse::text;
use crate::model::counted::counted;
use jiff::fmt::rfc2822::DateTimeParser;
use std::net::IpAddr;

/// Messages whose headers are looked at, the newest first.
pub const MAX_MESSAGES: usize = 5_000;

/// A queued message of a process of the host.
#[derive(Debug, PartialEq)]
pub struct Message {
    /// The uid, or the name of the user.
    pub user: String,
    /// When it came in, seconds since 1970.
    pub at: Option<i64>,
    /// `33:mailer.php`, where 33 is the file's owner, or `example.jp/wp-content/x.php`; none when nothing names one.
    pub script: Option<String>,
    /// The web site that a header names.
    pub domain: Option<String>,
    /// Who asked for the script.
    pub remote: Vec<IpAddr>,
}

/// What the queue told.
#[derive(Debug, Default, PartialEq)]
pub struct Queued {
    /// Messages that were looked at, those of others too.
    pub read: usize,
    pub messages: Vec<Message>,
    pub incomplete: Vec<String>,
}

/// Reads the answer of `headers.sh`.
pub fn read(answer: Option<&Answer>) -> Queued {
    let mut queued = Queued::default();
    let Some(answer) = answer else {
        queued.incomplete.push("queued mail: no response".to_owned());
        return queued;
    };
    queued.incomplete.extend(answer.fault.clone());
    let (mut ended, mut unreadable) = (false, 0u64);
    let read = |bytes: &[u8]| -> Result<(), ParseError> {
        for (_, line) in lines(bytes) {
            match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                [b"script", user, date, originating, script, vhost] => {
                    queued.messages.push(message(user, date, originating, script, vhost));
                }
                [b"read", n] => {
                    queued.read = std::str::from_utf8(n).ok().and_then(|n| n.parse().ok()).unwrap_or_default();
                }
                [b"refused", why] => queued.incomplete.push(text(why)),
                [b"end"] => ended = true,
                _ => unreadable += 1,
            }
        }
        Ok(())
    };
    let _ = answer.bytes.parse(read);
    if unreadable > 0 {
        queued.incomplete.push(format!("queued mail: {} could not be read", counted(unreadable as usize, "lines")));
    }
    queued.incomplete.extend(answer.cut_off(ended, "queued mail"));
    if queued.read >= MAX_MESSAGES {
        queued.incomplete.push(format!("queued mail: only the newest {} messages were read", queued.read));
    }
    queued
}

fn message(user: &[u8], date: &[u8], originating: &[u8], script: &[u8], vhost: &[u8]) -> Message {
    // `example.jp/mailer.php for 203.0.113.9, 198.51.100.7`
    let script = text(script);
    let (path, remote) = script.rsplit_once(" for ").unwrap_or((&script, ""));
    let site = path.split_once('/').map(|(site, _)| site).filter(|site| super::users::is_domain(site));
    let vhost = Some(text(vhost)).filter(|vhost| super::users::is_domain(vhost));
    // Both may name the same file; one has where it is.
    let named = [path.to_owned(), text(originating)].into_iter().find(|name| !name.is_empty());
    Message {
        user: text(user),
        at: std::str::from_utf8(date.trim_ascii()).ok().and_then(time),
        domain: site.map(str::to_owned).or(vhost),
        remote: remote.split(',').filter_map(|ip| ip.trim().parse().ok()).take(5).collect(),
        script: named,
    }
}

/// The date of a Received line, seconds since 1970.
fn time(date: &str) -> Option<i64> {
    const PARSER: DateTimeParser = DateTimeParser::new();
    Some(PARSER.parse_timestamp(date).ok()?.as_second())
}
